import type { StoreId } from '../../runtime/storage/store-id.ts'
import { type Candidate, goesFirst, type Offer } from '../queue/queue.ts'
import { runs } from '../task/fold.ts'
import type { Task } from '../task/task.ts'
import { shardOfTask } from '../task/task-id.ts'
import type { LedTasks } from '../tasks-machine/led-tasks.ts'
import type { Sort, Token } from './messages.ts'

/** The tasks of all shards that this node leads, as one; nothing is kept here. */
export class LedShards {
  readonly #led: () => ReadonlyMap<number, LedTasks>

  constructor(led: () => ReadonlyMap<number, LedTasks>) {
    this.#led = led
  }

  task(id: string): Task | undefined {
    return this.#of(id)?.task(id)
  }

  #of(id: string): LedTasks | undefined {
    return this.#led().get(shardOfTask(id) ?? -1)
  }

  /** True for one whose attempt has run for longer than it may and has not ended yet. */
  overran(task: Task): boolean {
    return this.#of(task.id)?.overran(task) === true
  }

  *running(): Generator<Task> {
    for (const tasks of this.#led().values()) yield* tasks.running()
  }

  runningAt(store: StoreId): Task[] {
    return [...this.running()].filter((task) => storeOf(task) === store)
  }

  isCurrent({ task: id, attempt }: Token): boolean {
    const task = this.task(id)
    return task !== undefined && task.attempt === attempt && runs(task)
  }

  /** Only what this node leads can be called stale: of the rest it knows nothing. */
  isStale(token: Token): boolean {
    return this.#of(token.task) !== undefined && !this.isCurrent(token)
  }

  /** The task that should have this slot. */
  best(offer: Offer, turnOf: (project: string) => number): Candidate | undefined {
    let best: Candidate | undefined
    for (const tasks of this.#led().values()) {
      const candidate = tasks.best(offer, turnOf)
      if (candidate && (!best || goesFirst(candidate, best, turnOf))) best = candidate
    }
    return best
  }

  /** What waits, by need. */
  wanted(): readonly Sort[] {
    return [...this.#led().values()].flatMap((tasks) => tasks.wanted())
  }
}

/** Where its newest attempt is. */
export function storeOf(task: Task): StoreId | undefined {
  return task.attempts.at(-1)?.store as StoreId | undefined
}

export function tokenOf({ id, attempt }: Task): Token {
  return { task: id, attempt }
}
