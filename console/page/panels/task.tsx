import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { TaskDetail } from '../../protocol.ts'
import type { TaskSpec } from '../../../actors/task/spec.ts'
import { detailIn } from '../live/rows.ts'
import { Empty, Loading } from '../parts/empty.tsx'
import { At } from '../parts/moment.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Actions } from '../parts/task/actions.tsx'
import { Attempts } from '../parts/task/attempts.tsx'
import { Facts } from '../parts/task/facts.tsx'
import { Output } from '../parts/task/output.tsx'
import { useWindow } from '../shell/console.ts'
import { formatTitle, oneLine } from '../words/command-line.ts'
import { groupOf } from '../words/states.ts'

const SIZE = { cols: 120, rows: 40 } as const

/** One task: what it is, why it waits or what became of it, its attempts, and what they wrote. */
export function TaskPage(props: {
  readonly params: Readonly<Record<string, string>>
}): JSX.Element {
  const { id = '' } = props.params
  const held = useWindow(`task:${id}`).value
  const task = detailIn(held?.window)
  if (held?.gone === true) return <Gone id={id} />
  return task ? <Shown task={task} /> : <Loading what="the task" />
}

function Shown({ task }: { readonly task: TaskDetail }): JSX.Element {
  const asked = useSignal<number | undefined>(undefined)
  const newest = task.attempts.at(-1)
  const chosen = task.attempts.find(({ attempt }) => attempt === asked.value) ?? newest
  const { terminal = SIZE }: Partial<TaskSpec> = task.spec
  return (
    <article class="task">
      <header class="head">
        <a class="up" href="/tasks">
          Tasks
        </a>
        <h1>{formatTitle(task)}</h1>
        <Actions task={task} />
      </header>
      <Why task={task} />
      <section aria-labelledby="task-output" class="task-output">
        <h2 id="task-output">Output</h2>
        {chosen ? (
          <Output key={chosen.attempt} task={task.id} attempt={chosen} size={terminal} />
        ) : (
          <Empty>Nothing was written yet: the task has not started.</Empty>
        )}
      </section>
      {task.attempts.length > 0 && (
        <section aria-labelledby="task-attempts">
          <h2 id="task-attempts">Attempts</h2>
          <Attempts
            task={task}
            chosen={chosen?.attempt ?? 0}
            choose={(attempt) => void (asked.value = attempt)}
          />
        </section>
      )}
      <section aria-labelledby="task-facts">
        <h2 id="task-facts">What was asked for</h2>
        <Facts task={task} />
      </section>
    </article>
  )
}

/** The one line that answers the question somebody came with. */
function Why({ task }: { readonly task: TaskDetail }): JSX.Element {
  const { state, why, wakeMs, considered } = task
  return (
    <div class={`why ${groupOf(state)}`}>
      <StateBadge state={state} />
      <p>
        {why !== state && oneLine(why)}
        {wakeMs !== undefined && (
          <>
            ; not before <At wallMs={wakeMs} />
          </>
        )}
      </p>
      {considered.length > 1 && groupOf(state) === 'waiting' && (
        <ul>
          {considered.map(({ node, fits, why: reason }) => (
            <li key={node} class={fits ? 'fits' : ''}>
              {node}: {reason}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Gone({ id }: { readonly id: string }): JSX.Element {
  return (
    <>
      <header class="head">
        <h1>No such task</h1>
      </header>
      <Empty command="npx gaia tasks">
        The node knows no task <code>{id}</code>: it may have been forgotten, as ended tasks are
        after a while.
      </Empty>
    </>
  )
}
