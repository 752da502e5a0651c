import type { JSX } from 'preact'
import type { TaskSummary } from '../../../actors/fleet.ts'
import { formatTitle, oneLine } from '../words/command-line.ts'
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
}): JSX.Element {
  const { label, tasks } = props
  return (
    <div class="tasks-frame">
      <table class="tasks">
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            <th scope="col" class="task-state">
              State
            </th>
            <th scope="col">Task</th>
            <th scope="col" class="task-why">
              Why
            </th>
            <th scope="col" class="task-project">
              Project
            </th>
            <th scope="col" class="task-priority number">
              <abbr title="Priority: 10 goes first">Pri</abbr>
            </th>
            <th scope="col" class="task-node">
              Node
            </th>
            <th scope="col" class="task-age number">
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
    </div>
  )
}

/** More labels of a task are on its page. */
const LABELS_MAX = 3

function TaskRow({ task }: { readonly task: TaskSummary }): JSX.Element {
  const { id, state, reason, project, priority, attempt, node, labels, updatedMs } = task
  const running = groupOf(state) === 'running'
  return (
    <tr>
      <td class="task-state">
        <StateBadge state={state} />
      </td>
      <td class="task-title">
        <div>
          <a href={`/tasks/${id}`} data-row>
            {formatTitle(task)}
          </a>
          {attempt > 1 && <span class="tag">attempt {attempt}</span>}
          {labels?.slice(0, LABELS_MAX).map((label) => (
            <span key={label} class="tag">
              {label}
            </span>
          ))}
        </div>
      </td>
      <td class="task-why">{oneLine(whyOf(task))}</td>
      <td class="task-project">{project}</td>
      <td class={`task-priority number${priority === 5 ? ' usual' : ''}`}>{priority}</td>
      <td class="task-node">{node ?? ''}</td>
      <td class="task-age number" title={oneLine(reason)}>
        {running ? <Since wallMs={updatedMs} /> : <Age wallMs={updatedMs} />}
      </td>
    </tr>
  )
}

/** The reason, if it says more than the state does, with the exit code if it does not say that. */
function whyOf({ state, reason, exitCode }: TaskSummary): string {
  if (exitCode !== undefined && exitCode !== 0 && !reason.includes(String(exitCode))) {
    return `${reason} (exit ${exitCode})`
  }
  return reason === state ? '' : reason
}
