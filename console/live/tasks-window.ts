import type { Fleet, TaskSummary } from '../../actors/fleet.ts'
import { cursorOf, fits, newestFirst } from '../../actors/catalog/listing.ts'
import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import type { TasksView } from '../protocol.ts'
import type { Content } from './view.ts'

/**
 * A window of the task list, kept true by the changes that the fleet tells of. It is listed once; a
 * task that changes is the newest of its list, so it goes to the front of a first page and leaves a
 * later one. Some rows more than are shown are held in reserve for those that leave; only when they
 * are used up is the list asked again, at most once in `REFILL_MS`.
 */
export interface TasksWindowOptions {
  readonly fleet: Fleet
  readonly clock: Clock
  readonly view: TasksView
  publish(content: Content): void
  failed(failure: unknown): void
}

const LIST_MAX = 200
const REFILL_MS = 1_000

export class TasksWindow {
  readonly #options: TasksWindowOptions
  /** In order; the first `limit` are shown. */
  #rows: TaskSummary[] = []
  /** There are more than `#rows`. */
  #more = false
  /** What changed while the list is asked for. */
  #meanwhile: ReadonlyMap<string, TaskSummary>[] | undefined
  #listedMs = -Infinity
  #refill: Timer | undefined
  #closed = false

  constructor(options: TasksWindowOptions) {
    this.#options = options
    this.#list()
  }

  /** Tasks that changed, newest change last. */
  changed(tasks: ReadonlyMap<string, TaskSummary>): void {
    if (this.#meanwhile) return void this.#meanwhile.push(tasks)
    if (this.#apply(tasks)) this.#maybeRefill()
    this.#publish()
  }

  close(): void {
    this.#closed = true
    this.#refill?.cancel()
  }

  #list(): void {
    const { fleet, clock, view, failed } = this.#options
    this.#meanwhile = []
    this.#listedMs = clock.monotonicMs()
    const limit = Math.min(LIST_MAX, 2 * view.limit)
    fleet.list({ ...view, limit }).then(
      ({ tasks, cursor }) => {
        if (this.#closed) return
        this.#rows = [...tasks]
        this.#more = cursor !== undefined
        const meanwhile = this.#meanwhile ?? []
        this.#meanwhile = undefined
        for (const changes of meanwhile) this.#apply(changes)
        this.#maybeRefill()
        this.#publish()
      },
      (failure: unknown) => {
        if (!this.#closed) failed(failure)
      },
    )
  }

  /** True when rows left. */
  #apply(tasks: ReadonlyMap<string, TaskSummary>): boolean {
    const { view } = this.#options
    const staying = this.#rows.filter(({ id }) => !tasks.has(id))
    const left = staying.length < this.#rows.length
    const arrived = view.cursor === undefined ? this.#arriving(tasks) : []
    if (!left && arrived.length === 0) return false
    const rows = [...arrived, ...staying].sort(newestFirst)
    this.#more ||= rows.length > LIST_MAX
    this.#rows = rows.slice(0, LIST_MAX)
    return left
  }

  /** Of the tasks that changed, those that belong here: no more than are shown, the newest. */
  #arriving(tasks: ReadonlyMap<string, TaskSummary>): TaskSummary[] {
    const { view } = this.#options
    const arriving = [...tasks.values()].filter((task) =>
      fits(view, task.project, task.state, task.labels ?? []),
    )
    if (arriving.length > LIST_MAX) this.#more = true
    return arriving.slice(-LIST_MAX)
  }

  #maybeRefill(): void {
    const { clock, view } = this.#options
    if (!this.#more || this.#rows.length >= view.limit || this.#refill) return
    const waitMs = this.#listedMs + REFILL_MS - clock.monotonicMs()
    this.#refill = clock.after(Math.max(0, waitMs), () => {
      this.#refill = undefined
      this.#list()
    })
  }

  #publish(): void {
    const { fleet, view, publish } = this.#options
    const rows = this.#rows.slice(0, view.limit)
    const last = rows.at(-1)
    const more = this.#more || this.#rows.length > rows.length
    const counts = fleet.counts()
    const states = view.states ?? (Object.keys(counts) as (keyof typeof counts)[])
    const total = states.reduce((sum, state) => sum + counts[state], 0)
    publish({
      rows,
      counts,
      ...(view.project === undefined && view.label === undefined && { total }),
      ...(more && last && { cursor: cursorOf(last) }),
    })
  }
}
