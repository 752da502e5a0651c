import type { JSX } from 'preact'
import type { TaskSummary } from '../../../actors/fleet.ts'
import { oneLine } from '../words/command-line.ts'
import { groupOf } from '../words/states.ts'
import { Age, Since } from './moment.tsx'
import { StateBadge } from './state-badge.tsx'

/**
 * Tasks, one a line: what it is, how it is and why, in the order in which they changed. A
 * line keeps the focus when it moves; `data-row` is what the keys `j` and `k` go through.
 */
export function TaskTable(props: {
  readonly label: string
  readonly tasks: readonly TaskSummary[]
  /** Fewer columns, where there is little room. */
  readonly narrow?: boolean
}): JSX.Element {
  const { label, tasks, narrow = false } = props
  return (
    <table class={narrow ? 'tasks narrow' : 'tasks'}>
      <caption class="unseen">{label}</caption>
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Task</th>
          <th scope="col" class="wide">
            Why
          </th>
          <th scope="col" class="wide">
            Project
          </th>
          <th scope="col" class="number">
            <abbr title="Priority: 10 goes first">Pri</abbr>
          </th>
          <th scope="col" class="wide">
            Node
          </th>
          <th scope="col" class="number">
            Changed
          </th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} />
        ))}
      </tbody>
    </table>
  )
}

function TaskRow({ task }: { readonly task: TaskSummary }): JSX.Element {
  const { id, title, state, reason, project, priority, attempt, node, labels, updatedMs } = task
  const running = groupOf(state) === 'running'
  return (
    <tr>
      <td class="task-state">
        <StateBadge state={state} />
      </td>
      <td class="task-title">
        <a href={`/tasks/${id}`} data-row>
          {oneLine(title) || id}
        </a>
        {attempt > 1 && <span class="tag">attempt {attempt}</span>}
        {labels?.map((label) => (
          <span key={label} class="tag">
            {label}
          </span>
        ))}
      </td>
      <td class="task-why wide">{oneLine(whyOf(task))}</td>
      <td class="task-project wide">{project}</td>
      <td class={`task-priority number${priority === 5 ? ' usual' : ''}`}>{priority}</td>
      <td class="task-node wide">{node ?? ''}</td>
      <td class="task-age number" title={oneLine(reason)}>
        {running ? <Since wallMs={updatedMs} /> : <Age wallMs={updatedMs} />}
      </td>
    </tr>
  )
}

/** The reason, and the exit code where the reason does not say it. */
function whyOf({ reason, exitCode }: TaskSummary): string {
  const told = exitCode === undefined || exitCode === 0 || reason.includes(String(exitCode))
  return told ? reason : `${reason} (exit ${exitCode})`
}
