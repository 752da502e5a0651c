import type { JSX } from 'preact'
import type { Connection } from '../live/connection.ts'
import { ageMs, stale } from '../live/freshness.ts'
import { formatClock, formatRunning } from '../words/spans.ts'
import { useConsole } from './console.ts'

/** What a reader must know of what is shown: nothing, while all is well. */
type News = 'paused' | 'lost' | 'silent' | 'absent' | 'upgraded'

const TEXTS = {
  paused: 'Paused',
  lost: 'Reconnecting …',
  silent: 'No news from the node',
  absent: 'The node does not answer: trying again',
  upgraded: 'The node has another version than this page',
} as const satisfies Record<News, string>

export function Banner(): JSX.Element {
  const { link } = useConsole()
  const { shown, nowMs, paused } = link
  const news = paused.value ? 'paused' : newsOf(shown.value, nowMs.value)
  return (
    <div class="banner" hidden={news === undefined}>
      <strong role={news === 'paused' ? 'status' : 'alert'}>{news && TEXTS[news]}</strong>
      {news !== 'upgraded' && <Old shown={shown.value} nowMs={nowMs.value} />}
      {news === 'paused' && (
        <button type="button" onClick={() => void (paused.value = false)}>
          Go on
        </button>
      )}
      {news === 'upgraded' && (
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      )}
    </div>
  )
}

function newsOf(shown: Connection, nowMs: number): News | undefined {
  const { phase, heardMs, version, welcome } = shown
  if (phase.type === 'live') {
    if (stale(shown, nowMs)) return 'silent'
    return version === welcome?.version ? undefined : 'upgraded'
  }
  if (heardMs !== undefined) return 'lost'
  return phase.type === 'waiting' ? 'absent' : undefined // A first connection takes a moment.
}

/** Not spoken: it changes every second. */
function Old(props: { readonly shown: Connection; readonly nowMs: number }): JSX.Element | null {
  const { heardMs } = props.shown
  if (heardMs === undefined) return null
  const age = formatRunning(ageMs(props.shown, props.nowMs))
  return (
    <span aria-hidden="true">
      showing {formatClock(heardMs)} ({age} old)
    </span>
  )
}
