import type { JSX } from 'preact'
import type { Connection } from '../live/connection.ts'
import { ageMs, stale } from '../live/freshness.ts'
import { formatClock, formatSpan } from '../words/spans.ts'
import { useConsole } from './console.ts'

/** Says so when what is shown may no longer be true. Nothing is said while all is well. */
export function Banner(): JSX.Element {
  const { link } = useConsole()
  const { shown, nowMs, paused } = link
  const what = newsOf(shown.value, nowMs.value, paused.value)
  return (
    <div class="banner" hidden={what === undefined}>
      <strong role={paused.value ? 'status' : 'alert'}>{what}</strong>
      {what !== undefined && <Old shown={shown.value} nowMs={nowMs.value} />}
      {paused.value && (
        <button type="button" onClick={() => void (paused.value = false)}>
          Go on
        </button>
      )}
    </div>
  )
}

function newsOf(shown: Connection, nowMs: number, paused: boolean): string | undefined {
  if (paused) return 'Paused'
  const { phase, heardMs } = shown
  if (phase.type === 'live') return stale(shown, nowMs) ? 'No news from the node' : undefined
  // A first connection that takes a moment is no news.
  if (heardMs === undefined)
    return phase.type === 'waiting' ? 'The node does not answer' : undefined
  return 'Reconnecting …'
}

/** Not spoken: it changes every second. */
function Old({
  shown,
  nowMs,
}: {
  readonly shown: Connection
  readonly nowMs: number
}): JSX.Element {
  const { heardMs } = shown
  if (heardMs === undefined) return <span aria-hidden="true">trying again</span>
  const age = formatSpan(Math.floor(ageMs(shown, nowMs) / 1_000) * 1_000)
  return (
    <span aria-hidden="true">
      showing {formatClock(heardMs)} ({age} old)
    </span>
  )
}
