import type { JSX } from 'preact'
import type { Attempt, Outcome } from '../../../../actors/task/task.ts'
import type { TaskDetail } from '../../../protocol.ts'
import { useConsole } from '../../shell/console.ts'
import { oneLine } from '../../words/command-line.ts'
import { formatSpan } from '../../words/spans.ts'
import { Icon } from '../icon.tsx'
import { At, Since } from '../moment.tsx'

/** Each run of the task on one scale of time: how long it waited, started and ran, and how it ended. */
export function Attempts(props: {
  readonly task: TaskDetail
  readonly chosen: number
  readonly choose: (attempt: number) => void
}): JSX.Element {
  const { task, chosen, choose } = props
  const { link } = useConsole()
  const nowMs = link.nowMs.value - link.skewMs.value
  const untilMs = Math.max(
    task.createdMs + 1,
    ...task.attempts.map(({ endedMs }) => endedMs ?? nowMs),
  )
  const scale = { fromMs: task.createdMs, untilMs }
  return (
    <table class="attempts">
      <caption class="unseen">Attempts, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Attempt</th>
          <th scope="col">Node</th>
          <th scope="col" class="wide track-head">
            {formatSpan(untilMs - scale.fromMs)} since it was submitted
          </th>
          <th scope="col" class="wide">
            Started
          </th>
          <th scope="col" class="number">
            Ran for
          </th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        {task.attempts.toReversed().map((attempt) => (
          <tr key={attempt.attempt} class={attempt.attempt === chosen ? 'chosen' : ''}>
            <td>
              <button
                type="button"
                class="link"
                data-row
                aria-pressed={attempt.attempt === chosen}
                onClick={() => choose(attempt.attempt)}
              >
                {attempt.attempt}
              </button>
            </td>
            <td>{attempt.node}</td>
            <td class="wide">
              <Track attempt={attempt} scale={scale} nowMs={nowMs} />
            </td>
            <td class="wide">
              {attempt.startedMs === undefined ? 'not yet' : <At wallMs={attempt.startedMs} />}
            </td>
            <td class="number">
              <RanFor attempt={attempt} />
            </td>
            <td>
              <OutcomeWords attempt={attempt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Track(props: {
  readonly attempt: Attempt
  readonly scale: { readonly fromMs: number; readonly untilMs: number }
  readonly nowMs: number
}): JSX.Element {
  const { attempt, scale, nowMs } = props
  const { assignedMs, startedMs, endedMs } = attempt
  const at = (ms: number): number =>
    100 * Math.min(1, Math.max(0, (ms - scale.fromMs) / (scale.untilMs - scale.fromMs)))
  const begun = at(assignedMs)
  const started = at(startedMs ?? endedMs ?? nowMs)
  const ended = at(endedMs ?? nowMs)
  return (
    <span class="track" aria-hidden="true">
      <span class="track-waited" style={{ left: 0, width: `${begun}%` }} />
      <span class="track-starting" style={{ left: `${begun}%`, width: `${started - begun}%` }} />
      <span
        class={`track-ran ${toneOf(attempt.outcome)}`}
        style={{ left: `${started}%`, width: `${ended - started}%` }}
      />
    </span>
  )
}

function RanFor({ attempt: { startedMs, endedMs } }: { readonly attempt: Attempt }): JSX.Element {
  if (startedMs === undefined) return <>–</>
  return endedMs === undefined ? (
    <Since wallMs={startedMs} />
  ) : (
    <>{formatSpan(endedMs - startedMs)}</>
  )
}

function OutcomeWords({ attempt }: { readonly attempt: Attempt }): JSX.Element {
  const { outcome, startedMs } = attempt
  const tone = toneOf(outcome)
  return (
    <span class={`state ${tone}`}>
      <Icon name={tone} />
      {outcome ? formatOutcome(outcome) : startedMs === undefined ? 'starting' : 'running'}
    </span>
  )
}

function toneOf(outcome: Outcome | undefined): 'running' | 'completed' | 'cancelled' | 'failed' {
  if (!outcome) return 'running'
  if (outcome.class === 'ok') return 'completed'
  return outcome.class === 'cancelled' ? 'cancelled' : 'failed'
}

function formatOutcome({ class: name, code, signal, message }: Outcome): string {
  const parts = [
    ...(name === 'exit' || name === 'ok' ? [] : [name]),
    ...(code === undefined ? [] : [`exit ${code}`]),
    ...(signal === undefined ? [] : [signal]),
    ...(message === undefined ? [] : [oneLine(message)]),
  ]
  return parts.join(', ') || name
}
