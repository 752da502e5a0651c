import { letterTo } from '../../runtime/shard/mail/letter.ts'
import type { Notice } from '../task/command.ts'
import { shardOfTask } from '../task/task-id.ts'
import type { Dependency, Task, TaskId, TaskState } from '../task/task.ts'
import type { Desk } from './desk.ts'

/** True for a task whose rows are in another shard. */
export function isRemote(desk: Desk, id: TaskId): boolean {
  return shardOfTask(id) !== desk.shard
}

/** Writes to the shard of the task that the notice is about. */
export function notify(desk: Desk, notice: Notice): void {
  desk.record(letterTo(shardOfTask(notice.task) ?? desk.shard, notice, desk.wallMs))
}

/** How an ended task is to those that waited for it. */
export function stateAfter(how: TaskState): 'completed' | 'failed' {
  return how === 'completed' ? 'completed' : 'failed'
}

/** `needed` as a task of `project` sees it: its project goes without saying if it is the same. */
export function dependencyOf(
  project: string,
  needed: Pick<Task, 'id' | 'project'>,
  state: Dependency['state'],
): Dependency {
  const other = needed.project === project ? {} : { project: needed.project }
  return { id: needed.id, ...other, state }
}
