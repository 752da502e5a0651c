import type { Position } from '../../runtime/shard/machine.ts'
import type { Candidate, Offer } from '../queue/queue.ts'
import type { Sort } from '../assignment/messages.ts'
import type { Task, TaskState } from '../task/task.ts'

/** What the node may ask of the tasks of a shard that it leads. */
export interface LedTasks {
  readonly shard: number
  /** The task that should have this slot, as the log will leave the rows. */
  best(offer: Offer, turnOf: (project: string) => number): Candidate | undefined
  /** What waits, by need. */
  wanted(): readonly Sort[]
  /** The row of a task that has not ended, with the uncommitted tail. */
  task(id: string): Task | undefined
  /** Tasks that are assigned or run. */
  running(): Iterable<Task>
  /** True for one whose attempt has run for longer than it may and has not ended yet. */
  overran(task: Task): boolean
  /** Tasks of the same project that go first. */
  ahead(task: Task): number
  /** The concurrency key that holds a waiting task back. */
  heldBy(task: Task): string | undefined
  projectPaused(project: string): boolean
  /** Projects that take no more tasks. */
  fullProjects(): readonly string[]
  /** Ended tasks, by how: those in history too; with the uncommitted tail. */
  tally(): Readonly<Partial<Record<TaskState, number>>>
}

/** Told of what this node leads, and of every committed change, in log order. */
export interface TasksListener {
  /** From now on this node decides in the shard; every task that has not ended is given once. */
  led(tasks: LedTasks, live: Iterable<Task>): void
  left(shard: number): void
  /** `after` is `undefined` for a forgotten task. */
  changed(id: string, before: Task | undefined, after: Task | undefined, at: Position): void
  /** The attempt of a task has run for as long as it may: it must end. */
  overran(task: Task): void
  /**
   * Other tasks may be given out than before, as the log will leave them: told before it is committed,
   * so that an assignment stands right behind what it follows from, mostly in the same write.
   */
  reordered(): void
}
