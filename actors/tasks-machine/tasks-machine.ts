import { unreachable } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
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
import type { Space } from '../../runtime/storage/space/space.ts'
import { Queue, type Candidate, type Offer } from '../queue/queue.ts'
import type { Sort } from '../assignment/messages.ts'
import { assign, finish, lose, start } from './attempts.ts'
import { QUEUE_LIMITS } from '../task/limits.ts'
import type { Command } from '../task/command.ts'
import { answered, Desk, unknownTask } from './desk.ts'
import { bulk, edit, pauseProject, prioritize, retry } from './edits.ts'
import { runs } from '../task/fold.ts'
import { KINDS, TALLY_ID, type ProjectRow, type TallyRow } from '../task/kinds.ts'
import type { LedTasks, TasksListener } from './led-tasks.ts'
import { due, forget, forgetKeys } from './moments.ts'
import { hear, settle, subscribe, unsubscribe } from './remote.ts'
import { submit } from './submit.ts'
import type { Task } from '../task/task.ts'
import { Timers } from './timers.ts'

export interface TasksMachineOptions {
  readonly clock: Clock
  readonly random: Random
  readonly space: Space
  readonly listener: TasksListener
}

/** The fleet's durable actors as what a shard is a log of. */
export function tasksMachine(options: TasksMachineOptions): Machine<Command> {
  return { kinds: KINDS, lead: (shard) => new TasksLeading(options, shard) }
}

class TasksLeading implements Leading<Command>, LedTasks {
  readonly shard: number
  readonly #options: TasksMachineOptions
  readonly #shard: Shard<Command>
  readonly #queue = new Queue()
  readonly #running = new Map<string, Task>()
  readonly #timers: Timers

  constructor(options: TasksMachineOptions, shard: Shard<Command>) {
    this.#options = options
    this.#shard = shard
    this.shard = shard.shard
    this.#timers = new Timers({
      clock: options.clock,
      shard,
      task: (id) => this.task(id),
      overran: (task) => options.listener.overran(task),
    })
    for (const [id, row] of shard.rows('project')) this.#queue.pause(id, (row as ProjectRow).paused)
    for (const task of this.#tasks()) this.#index(undefined, task)
    this.#timers.arm()
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
      space: this.#options.space,
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
      case 'forgetKeys':
        return forgetKeys(desk, command)
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
    this.#timers.arm()
    if (changes.some(concernsOrder)) this.#options.listener.reordered()
  }

  committed(changes: readonly Change[], at: Position): void {
    const { listener } = this.#options
    for (const { kind, id, before, after } of changes) {
      if (kind === 'task')
        listener.changed(id, before as Task | undefined, after as Task | undefined, at)
    }
  }

  stop(): void {
    this.#timers.stop()
    this.#options.listener.left(this.shard)
  }

  #index(before: Task | undefined, after: Task | undefined): void {
    this.#queue.changed(before, after)
    if (after && runs(after)) this.#running.set(after.id, after)
    else if (before) this.#running.delete(before.id)
    this.#timers.changed(before, after)
  }

  best(offer: Offer, turnOf: (project: string) => number): Candidate | undefined {
    const nowMs = this.#queue.empty ? undefined : this.#shard.wallMs()
    return nowMs === undefined ? undefined : this.#queue.best(offer, nowMs, turnOf)
  }

  wanted(): readonly Sort[] {
    const nowMs = this.#queue.empty ? undefined : this.#shard.wallMs()
    return nowMs === undefined ? [] : this.#queue.wanted(nowMs)
  }

  task(id: string): Task | undefined {
    return this.#shard.loaded('task', id) as Task | undefined
  }

  running(): Iterable<Task> {
    return this.#running.values()
  }

  overran(task: Task): boolean {
    return this.#timers.overran(task)
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

  fullProjects(): readonly string[] {
    return this.#queue.projectsFrom(QUEUE_LIMITS.waitingPerProject)
  }

  tally(): TallyRow {
    return (this.#shard.row('tally', TALLY_ID) as TallyRow | undefined) ?? {}
  }
}

/** It waits for a slot or did so, makes room in a lane, or its project was paused or resumed. */
function concernsOrder({ kind, before, after }: Change): boolean {
  if (kind === 'project') return true
  if (kind !== 'task') return false
  const [was, is] = [before as Task | undefined, after as Task | undefined]
  return was?.state === 'available' || is?.state === 'available' || (was !== undefined && runs(was))
}

function get(desk: Desk, id: string): Decision {
  const task = desk.task(id)
  return task ? answered({ type: 'task', task }) : unknownTask(id)
}
