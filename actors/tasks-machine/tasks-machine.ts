import { unreachable } from '../../runtime/errors.ts'
import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import { Heap } from '../../runtime/scheduling/heap.ts'
import type { Random } from '../../runtime/scheduling/random.ts'
import type {
  Change,
  Decision,
  Leading,
  Machine,
  Position,
  Shard,
  Stamp,
} from '../../runtime/shard/machine.ts'
import { Queue, type Candidate, type Offer } from '../queue/queue.ts'
import type { Sort } from '../assignment/messages.ts'
import { assign, finish, lose, start } from './attempts.ts'
import type { Command } from '../task/command.ts'
import { answered, Desk, unknownTask } from './desk.ts'
import { bulk, edit, pauseProject, prioritize, retry } from './edits.ts'
import { runs } from '../task/fold.ts'
import { KINDS, TALLY_ID, type ProjectRow, type TallyRow } from '../task/kinds.ts'
import type { LedTasks, TasksListener } from './led-tasks.ts'
import { due, forget } from './moments.ts'
import { hear, settle, subscribe, unsubscribe } from './remote.ts'
import { submit } from './submit.ts'
import { ENDED, type Task } from '../task/task.ts'

/** Timers fired in one turn; the rest follows in the next. */
const DUE_BATCH = 1_000
/** Stale timers that may wait beside those of live tasks before they are swept out. */
const STALE_MAX = 10_000
/** How long a timer waits that was due and not taken, because too much waits to be committed. Unit: ms. */
const RETRY_MS = 50
/** The longest a timer sleeps before it looks again: the wall clock may be set meanwhile. Unit: ms. */
const LOOK_AGAIN_MS = 30_000

export interface TasksMachineOptions {
  readonly clock: Clock
  readonly random: Random
  readonly listener: TasksListener
}

/** The fleet's durable actors as what a shard is a log of. */
export function tasksMachine(options: TasksMachineOptions): Machine<Command> {
  return { kinds: KINDS, lead: (shard) => new TasksLeading(options, shard) }
}

/** A timer: when the row of this version must be looked at. */
interface Due {
  readonly id: string
  readonly version: number
  readonly dueMs: number
}

class TasksLeading implements Leading<Command>, LedTasks {
  readonly shard: number
  readonly #options: TasksMachineOptions
  readonly #shard: Shard<Command>
  readonly #queue = new Queue()
  /** Stale ones stay in until they fall due. */
  readonly #due = new Heap<Due>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.id < b.id))
  readonly #running = new Map<string, Task>()
  #liveCount = 0
  #timer: Timer | undefined
  #armedMs = Infinity

  constructor(options: TasksMachineOptions, shard: Shard<Command>) {
    this.#options = options
    this.#shard = shard
    this.shard = shard.shard
    for (const [id, row] of shard.rows('project')) this.#queue.pause(id, (row as ProjectRow).paused)
    for (const task of this.#tasks()) this.#index(undefined, task)
    this.#arm()
    options.listener.led(this, this.#tasks())
  }

  *#tasks(): Generator<Task> {
    for (const [, row] of this.#shard.rows('task')) yield row as Task
  }

  decide(command: Command, { wallMs }: Stamp): Decision {
    const desk = new Desk({
      shard: this.shard,
      wallMs,
      random: this.#options.random,
      queue: this.#queue,
      row: (kind, id) => this.#shard.row(kind, id),
      tasks: () => this.#tasks(),
    })
    switch (command.type) {
      case 'submit':
        return submit(desk, command)
      case 'get':
        return get(desk, command.task)
      case 'assign':
        return assign(desk, command)
      case 'start':
        return start(desk, command)
      case 'finish':
        return finish(desk, command)
      case 'lose':
        return lose(desk, command)
      case 'cancel':
      case 'pause':
      case 'resume':
        return edit(desk, command)
      case 'prioritize':
        return prioritize(desk, command)
      case 'retry':
        return retry(desk, command)
      case 'bulk':
        return bulk(desk, command)
      case 'pauseProject':
      case 'resumeProject':
        return pauseProject(desk, command)
      case 'due':
        return due(desk, command)
      case 'forget':
        return forget(desk, command)
      case 'subscribe':
        return subscribe(desk, command)
      case 'unsubscribe':
        return unsubscribe(desk, command)
      case 'hear':
        return hear(desk, command)
      case 'settle':
        return settle(desk, command)
      default:
        return unreachable(command)
    }
  }

  decided(changes: readonly Change[]): void {
    for (const { kind, id, before, after } of changes) {
      if (kind === 'task') this.#index(before as Task | undefined, after as Task | undefined)
      if (kind === 'project') this.#queue.pause(id, (after as ProjectRow).paused)
    }
    this.#arm()
  }

  committed(changes: readonly Change[], at: Position): void {
    const { listener } = this.#options
    for (const { kind, id, before, after } of changes) {
      if (kind === 'task')
        listener.changed(id, before as Task | undefined, after as Task | undefined, at)
      if (kind === 'project') listener.reordered()
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#options.listener.left(this.shard)
  }

  #index(before: Task | undefined, after: Task | undefined): void {
    this.#queue.changed(before, after)
    if (after && runs(after)) this.#running.set(after.id, after)
    else if (before) this.#running.delete(before.id)
    this.#liveCount += lives(after) - lives(before)
    if (after?.dueMs !== undefined)
      this.#due.add({ id: after.id, version: after.version, dueMs: after.dueMs })
    if (this.#due.size > 2 * this.#liveCount + STALE_MAX) this.#sweep()
  }

  #sweep(): void {
    this.#due.clear()
    for (const { id, version, dueMs } of this.#tasks()) {
      if (dueMs !== undefined) this.#due.add({ id, version, dueMs })
    }
  }

  /** Only the active leader arms timers; they fire as commands, checked against the row's version. */
  #arm(): void {
    const next = this.#due.first
    if (!next || next.dueMs >= this.#armedMs) return
    this.#armedMs = next.dueMs
    this.#armIn(Math.max(0, next.dueMs - this.#options.clock.wallMs()))
  }

  #armIn(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(Math.min(LOOK_AGAIN_MS, delayMs), () => this.#fire())
  }

  #fire(): void {
    const nowMs = this.#options.clock.wallMs()
    this.#armedMs = Infinity
    for (let count = 0; count < DUE_BATCH; count++) {
      const next = this.#due.first
      if (!next || next.dueMs > nowMs) break
      const { id, version } = next
      if (this.task(id)?.version === version)
        this.#shard.propose({ type: 'due', task: id, version })
      if (this.task(id)?.version === version) return this.#armIn(RETRY_MS) // Not taken: no room now.
      this.#due.take()
    }
    this.#arm()
  }

  best(offer: Offer, turnOf: (project: string) => number): Candidate | undefined {
    return this.#queue.best(offer, this.#options.clock.wallMs(), turnOf)
  }

  wanted(): readonly Sort[] {
    return this.#queue.wanted(this.#options.clock.wallMs())
  }

  task(id: string): Task | undefined {
    return this.#shard.row('task', id) as Task | undefined
  }

  running(): Iterable<Task> {
    return this.#running.values()
  }

  ahead(task: Task): number {
    return this.#queue.ahead(task, this.#options.clock.wallMs())
  }

  heldBy(task: Task): string | undefined {
    return this.#queue.heldBy(task)
  }

  projectPaused(project: string): boolean {
    return (this.#shard.row('project', project) as ProjectRow | undefined)?.paused ?? false
  }

  tally(): TallyRow {
    return (this.#shard.row('tally', TALLY_ID) as TallyRow | undefined) ?? {}
  }
}

function lives(task: Task | undefined): 0 | 1 {
  return task && !ENDED.has(task.state) ? 1 : 0
}

function get(desk: Desk, id: string): Decision {
  const task = desk.task(id)
  return task ? answered({ type: 'task', task }) : unknownTask(id)
}
