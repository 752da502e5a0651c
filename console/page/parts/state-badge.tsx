import type { JSX } from 'preact'
import type { TaskState } from '../../../actors/task/task.ts'
import { formatState, groupOf } from '../words/states.ts'
import { Icon } from './icon.tsx'

/** The state of a task, by color, shape and word. */
export function StateBadge({ state }: { readonly state: TaskState }): JSX.Element {
  const group = groupOf(state)
  return (
    <span class={`state ${group}`}>
      <Icon name={group} />
      {formatState(state)}
    </span>
  )
}
