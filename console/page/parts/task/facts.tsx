import type { ComponentChildren, JSX } from 'preact'
import type { TaskSpec } from '../../../../actors/task/spec.ts'
import type { TaskDetail } from '../../../protocol.ts'
import { formatCommandLine } from '../../words/command-line.ts'
import { formatSpan } from '../../words/spans.ts'
import { CopyButton } from '../command-hint.tsx'
import { At } from '../moment.tsx'

/** What was asked for: the command, and every condition that is not the usual one. */
export function Facts({ task }: { readonly task: TaskDetail }): JSX.Element {
  const spec: Partial<TaskSpec> = task.spec
  const { argv = [], workdir, requires = [], env = {}, labels = [], timeouts, retry } = spec
  const variables = Object.entries(env)
  return (
    <>
      <div class="command">
        <pre tabIndex={0}>
          <code>{formatCommandLine(argv)}</code>
        </pre>
        <CopyButton text={formatCommandLine(argv)} what="the command" />
      </div>
      {task.specCut === true && <p class="hint">Too long to be shown whole.</p>}
      <dl class="facts-list">
        <Fact name="Project">
          <a href={`/tasks?project=${encodeURIComponent(task.project)}`}>{task.project}</a>
        </Fact>
        <Fact name="Priority">{task.priority}</Fact>
        <Fact name="Submitted">
          <At wallMs={task.createdMs} /> by {task.by}
        </Fact>
        <Fact name="Changed">
          <At wallMs={task.updatedMs} />
        </Fact>
        {workdir !== undefined && <Fact name="Directory">{workdir}</Fact>}
        {labels.length > 0 && <Fact name="Labels">{labels.join(', ')}</Fact>}
        {requires.length > 0 && <Fact name="Needs a node with">{requires.join(', ')}</Fact>}
        {variables.length > 0 && (
          <Fact name="Variables">
            {variables.map(([name, value]) => `${name}=${value}`).join('  ')}
          </Fact>
        )}
        {task.dependencies.length > 0 && (
          <Fact name="After">
            {task.dependencies.map(({ id, state }) => (
              <TaskLink key={id} id={id} note={state} />
            ))}
          </Fact>
        )}
        {task.dependents.length > 0 && (
          <Fact name="Wait for it">
            {task.dependents.map((id) => (
              <TaskLink key={id} id={id} />
            ))}
          </Fact>
        )}
        {retry && retry.max > 0 && (
          <Fact name="Retries">
            up to {retry.max}
            {retry.onExit ? ', after a failed exit too' : ''}
          </Fact>
        )}
        {timeouts && <Fact name="Time limit">{formatSpan(timeouts.startToCloseMs)}</Fact>}
        <Fact name="Id">
          <code>{task.id}</code>
          <CopyButton text={task.id} what="the id" />
        </Fact>
      </dl>
    </>
  )
}

function Fact(props: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  )
}

function TaskLink({ id, note }: { readonly id: string; readonly note?: string }): JSX.Element {
  return (
    <span class="task-link">
      <a href={`/tasks/${id}`}>{id}</a>
      {note !== undefined && ` (${note})`}
    </span>
  )
}
