import type { Random } from '../../runtime/scheduling/random.ts'
import type { Decision, Event } from '../../runtime/shard/machine.ts'
import type { Queue } from '../queue/queue.ts'
import type { Refusal, Reply } from '../task/command.ts'
import type { FleetEvent } from '../task/kinds.ts'
import type { Task } from '../task/task.ts'

/** What a decision may look at: the rows as the whole log leaves them, and the leader's stamps. */
export interface Desk {
  readonly shard: number
  readonly wallMs: number
  /** Stamped into events; a fold takes no chance. */
  readonly random: Random
  readonly queue: Queue
  row(kind: string, id: string): unknown
  task(id: string): Task | undefined
  /** Tasks of this shard that have not ended. */
  tasks(): Iterable<Task>
}

export function decided(events: readonly FleetEvent[], reply: Reply): Decision {
  return { events: events as readonly Event[], reply }
}

/** Nothing changes; the answer still waits for the tail it was decided on. */
export function answered(reply: Reply): Decision {
  return { events: [], reply }
}

export function refused(code: Refusal['code'], message: string, retryAfterMs?: number): Decision {
  const later = retryAfterMs === undefined ? {} : { retryAfterMs }
  return answered({ type: 'refused', code, message, ...later })
}

export function unknownTask(id: string): Decision {
  return refused('NOT_FOUND', `Cannot find the task "${id}": it never was, or it was forgotten`)
}
