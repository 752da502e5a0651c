import type { TaskSummary } from '../fleet.ts'
import type { Task } from '../task/task.ts'

/** What a list shows of a task. */
export function summaryOf(task: Task): TaskSummary {
  const node = task.attempts.at(-1)?.node
  const exitCode = task.outcome?.code
  return {
    id: task.id,
    project: task.project,
    kind: task.spec.kind,
    title: task.spec.title,
    state: task.state,
    reason: task.reason,
    priority: task.spec.priority,
    attempt: task.attempt,
    labels: task.spec.labels,
    createdMs: task.createdMs,
    updatedMs: task.updatedMs,
    ...(node === undefined ? {} : { node }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(task.retriedAs === undefined ? {} : { retriedAs: task.retriedAs }),
  }
}
