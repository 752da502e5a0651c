import type { Random } from '../../runtime/scheduling/random.ts'
import type { Decision, Event } from '../../runtime/shard/machine.ts'
import type { Space } from '../../runtime/storage/space/space.ts'
import type { Queue } from '../queue/queue.ts'
import type { Refusal, Reply } from '../task/command.ts'
import { KINDS, type FleetEvent } from '../task/kinds.ts'
import type { Task, TaskEvent, TaskId } from '../task/task.ts'

/** The rows as the whole log leaves them, and the leader's stamps. */
export interface DeskOptions {
  readonly shard: number
  readonly wallMs: number
  /** Stamped into events; a fold takes no chance. */
  readonly random: Random
  readonly queue: Queue
  readonly space: Space
  row(kind: string, id: string): unknown
  /** Tasks of this shard that have not ended. */
  tasks(): Iterable<Task>
}

/** What an event of a task says beside whose it is, and when. */
type Facts<E> = E extends unknown ? Omit<E, 'kind' | 'id' | 'atMs'> : never

/**
 * Where one command is decided: what may be looked at, and what was decided so far. A row shows what
 * was recorded before, so that a decision of many parts never contradicts itself.
 */
export class Desk {
  readonly #options: DeskOptions
  readonly #events: FleetEvent[] = []
  readonly #recorded = new Map<string, Recorded>()

  constructor(options: DeskOptions) {
    this.#options = options
  }

  get shard(): number {
    return this.#options.shard
  }

  get wallMs(): number {
    return this.#options.wallMs
  }

  get random(): Random {
    return this.#options.random
  }

  /** As it was before this command. */
  get queue(): Queue {
    return this.#options.queue
  }

  get space(): Space {
    return this.#options.space
  }

  row(kind: string, id: string): unknown {
    const recorded = this.#recorded.size > 0 ? this.#recorded.get(rowKey(kind, id)) : undefined
    if (!recorded) return this.#options.row(kind, id)
    recorded.row ??= { after: this.#options.row(kind, id) }
    for (const event of recorded.unfolded.splice(0))
      recorded.row.after = KINDS[kind]?.fold(recorded.row.after, event)
    return recorded.row.after
  }

  task(id: TaskId): Task | undefined {
    return this.row('task', id) as Task | undefined
  }

  /** Tasks of this shard that had not ended before this command, as they were then. */
  tasks(): Iterable<Task> {
    return this.#options.tasks()
  }

  record(event: FleetEvent): void {
    this.#events.push(event)
    const key = rowKey(event.kind, event.id)
    const recorded = this.#recorded.get(key)
    if (recorded) recorded.unfolded.push(event)
    else this.#recorded.set(key, { row: undefined, unfolded: [event] })
  }

  change(id: TaskId, facts: Facts<TaskEvent>): void {
    this.record({ kind: 'task', id, atMs: this.wallMs, ...facts } as TaskEvent)
  }

  /** All that was recorded happens, and this is the answer. */
  decided(reply: Reply): Decision {
    return { events: this.#events as readonly Event[], reply }
  }
}

/** What was recorded of one row: folded when somebody looks, for mostly nobody does. */
type Recorded = { row: { after: unknown } | undefined; readonly unfolded: FleetEvent[] }

function rowKey(kind: string, id: string): string {
  return `${kind} ${id}`
}

/** Nothing changes; the answer still waits for the tail it was decided on. */
export function answered(reply: Reply): Decision {
  return { events: [], reply }
}

export function refused(code: Refusal['code'], message: string): Decision {
  return answered(refusal(code, message))
}

export function refusal(code: Refusal['code'], message: string, retryAfterMs?: number): Refusal {
  const later = retryAfterMs === undefined ? {} : { retryAfterMs }
  return { type: 'refused', code, message, ...later }
}

export function unknownTask(id: string): Decision {
  return refused('NOT_FOUND', `Cannot find the task "${id}": it never was, or it was forgotten`)
}
