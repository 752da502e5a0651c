import { Histogram } from '../runtime/histogram.ts'
import { ENDED, type Task, type TaskState } from './task/task.ts'

/** What came of tasks in the shards that this node led, since it was started; plain counters. */
export class TaskFigures {
  /** From a submit to its acknowledgement. */
  readonly acknowledged = new Histogram()
  /** From when a task first waited for a slot to the start of its first attempt, by the wall clock. */
  readonly waited = new Histogram()
  /** By the state that they ended in. */
  readonly ended = new Map<TaskState, number>([...ENDED].map((state) => [state, 0]))
  submittedCount = 0
  startedCount = 0
  retriedCount = 0

  /** A committed change. */
  changed(before: Task | undefined, after: Task | undefined): void {
    if (!after) return
    if (!before) this.submittedCount += 1
    if (before && after.retriesUsed > before.retriesUsed) this.retriedCount += 1
    if (before?.state === after.state) return
    if (ENDED.has(after.state)) this.ended.set(after.state, (this.ended.get(after.state) ?? 0) + 1)
    if (after.state === 'executing') this.#started(after)
  }

  #started({ attempt, attempts, enqueuedMs }: Task): void {
    this.startedCount += 1
    const { startedMs } = attempts.at(-1) ?? {}
    if (attempt === 1 && startedMs !== undefined)
      this.waited.add(Math.max(0, startedMs - enqueuedMs))
  }
}
