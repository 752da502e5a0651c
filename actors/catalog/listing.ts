import { RuntimeError } from '../../runtime/errors.ts'
import type { ListQuery } from '../fleet.ts'
import { shardOfTask } from '../task/task-id.ts'
import type { TaskState } from '../task/task.ts'

/** How lists of tasks are ordered, what is in them, and where a page ends. */

/** The moment and id of a task: its place in a list. */
export interface Place {
  readonly updatedMs: number
  readonly id: string
}

export function newestFirst(a: Place, b: Place): number {
  if (a.updatedMs !== b.updatedMs) return b.updatedMs - a.updatedMs
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/** True for a task of this project, state and labels in a list of `filter`. */
export function fits(
  filter: Pick<ListQuery, 'project' | 'states' | 'label'>,
  project: string,
  state: TaskState,
  labels: readonly string[],
): boolean {
  if (filter.project !== undefined && filter.project !== project) return false
  if (filter.states && !filter.states.includes(state)) return false
  return filter.label === undefined || labels.includes(filter.label)
}

/** Of the page after a task. */
export function cursorOf({ updatedMs, id }: Place): string {
  return `${updatedMs}~${id}`
}

/** Throws `INVALID_ARGUMENT` for what `cursorOf` did not make. */
export function placeOf(cursor: string): Place {
  const [, updatedMs = '', id = ''] = /^(\d{1,16})~(.+)$/.exec(cursor) ?? []
  if (shardOfTask(id) !== undefined) return { updatedMs: Number(updatedMs), id }
  const message = `Cannot list from the cursor "${cursor}": it is none that a list gave`
  throw new RuntimeError('INVALID_ARGUMENT', message, { details: { field: 'cursor' } })
}
