import type { Fleet, Subscription } from '../../actors/fleet.ts'
import { summaryOf } from '../../actors/catalog/summary.ts'
import type { Task, TaskId } from '../../actors/task/task.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import type { Channel, TasksView } from '../protocol.ts'
import { FleetPulse } from './fleet-pulse.ts'
import { sliced } from './sliced.ts'
import { TaskSheet } from './task-sheet.ts'
import { TasksWindow } from './tasks-window.ts'
import { type Content, lostBy, View, type Viewer } from './view.ts'

/**
 * The views that somebody looks through, each once however many look. While there are none, nothing
 * is watched and nothing runs. Changes of tasks are gathered: the first after a pause is passed on at
 * once, those that follow together, `TICK_MS` after it.
 */
export interface HubOptions {
  readonly fleet: Fleet
  readonly clock: Clock
  /** Of this start of this node: `node:boot`. */
  readonly ep: string
  unexpected(failure: unknown, what: string): void
}

const TICK_MS = 250
/** A channel is silent for 15 s at most. */
const BOOKMARK_MS = 10_000
const BOOKMARK_CHECK_MS = 5_000

/** Views brought up to date in one turn of the loop. */
const VIEWS_A_TURN = 16

type Source = FleetPulse | TasksWindow | TaskSheet

interface Shared {
  readonly view: View
  readonly source: Source
}

export interface Looking {
  /** Sends what the viewer lacks, now that it can take it. */
  catchUp(): void
  close(): void
}

export class Hub {
  readonly #options: HubOptions
  readonly #shared = new Map<string, Shared>()
  #changed = new Map<TaskId, Task>()
  #watch: Subscription | undefined
  #tick: 'none' | 'set' = 'none'
  #tickedMs = -Infinity
  #bookmarks: Timer | undefined

  constructor(options: HubOptions) {
    this.#options = options
  }

  get viewCount(): number {
    return this.#shared.size
  }

  /** `window` is for the channels `tasks:…`, and part of what is looked at. */
  look(ch: Exclude<Channel, `term:${string}`>, window: TasksView, viewer: Viewer): Looking {
    const key = ch.startsWith('tasks:') ? `${ch} ${JSON.stringify(window)}` : ch
    const known = this.#shared.get(key)
    const { view } = known ?? this.#open(key, ch, window)
    view.add(viewer)
    return {
      catchUp: () => view.catchUp(viewer),
      close: () => {
        view.remove(viewer)
        if (view.viewerCount === 0) this.#close(key, view)
      },
    }
  }

  #open(key: string, ch: Channel, window: TasksView): Shared {
    const { clock, ep } = this.#options
    this.#start()
    const view = new View({ ch, ep, clock })
    const shared = { view, source: this.#sourceOf(key, ch, window, view) }
    this.#shared.set(key, shared)
    return shared
  }

  #sourceOf(key: string, ch: Channel, window: TasksView, view: View): Source {
    const { fleet, clock } = this.#options
    const ports = {
      ...{ fleet, clock },
      publish: (content: Content) => view.update(content),
      failed: (failure: unknown) => this.#failed(key, view, failure),
    }
    if (ch === 'fleet') return new FleetPulse(ports)
    if (ch.startsWith('tasks:')) return new TasksWindow({ ...ports, view: window })
    return new TaskSheet({ ...ports, id: ch.slice('task:'.length) })
  }

  #failed(key: string, view: View, failure: unknown): void {
    if (!(failure instanceof RuntimeError)) this.#options.unexpected(failure, key)
    this.#close(key, view)
    view.lose(lostBy(failure))
  }

  /** A view that was opened anew under the same key is another one. */
  #close(key: string, view: View): void {
    const shared = this.#shared.get(key)
    if (shared?.view !== view) return
    shared.source.close()
    this.#shared.delete(key)
    if (this.#shared.size === 0) this.#stop()
  }

  #start(): void {
    if (this.#watch) return
    this.#watch = this.#options.fleet.watch({}, (task) => {
      this.#changed.delete(task.id) // So that the order is that of the newest change.
      this.#changed.set(task.id, task)
      this.#soon()
    })
    this.#mark()
  }

  #stop(): void {
    this.#watch?.close()
    this.#watch = undefined
    this.#changed.clear()
    this.#bookmarks?.cancel()
  }

  #soon(): void {
    if (this.#tick === 'set') return
    this.#tick = 'set'
    const { clock } = this.#options
    const waitMs = this.#tickedMs + TICK_MS - clock.monotonicMs()
    const flush = (): void => this.#flush()
    if (waitMs > 0) clock.after(waitMs, flush)
    else clock.defer(flush)
  }

  #flush(): void {
    const { clock } = this.#options
    this.#tick = 'none'
    this.#tickedMs = clock.monotonicMs()
    const changed = new Map([...this.#changed].map(([id, task]) => [id, summaryOf(task)]))
    this.#changed = new Map()
    sliced(clock, this.#shared.values(), VIEWS_A_TURN, ({ source }) => source.changed(changed))
  }

  #mark(): void {
    const { clock } = this.#options
    this.#bookmarks = clock.after(BOOKMARK_CHECK_MS, () => {
      for (const { view } of this.#shared.values()) view.mark(BOOKMARK_MS)
      this.#mark()
    })
  }
}
