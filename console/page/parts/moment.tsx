import type { JSX } from 'preact'
import { useConsole } from '../shell/console.ts'
import { formatAge, formatMoment, formatRunning } from '../words/spans.ts'

/** How long ago something was, by the clock of the node that said when: `12s`. */
export function Age({ wallMs }: { readonly wallMs: number }): JSX.Element {
  const { link } = useConsole()
  const ms = link.nowMs.value - link.skewMs.value - wallMs
  return <Moment wallMs={wallMs} text={formatAge(ms)} />
}

/** How long something has been going on: `3m 12s`. */
export function Since({ wallMs }: { readonly wallMs: number }): JSX.Element {
  const { link } = useConsole()
  const ms = link.nowMs.value - link.skewMs.value - wallMs
  return <Moment wallMs={wallMs} text={formatRunning(ms)} />
}

/** When something was, or will be. */
export function At({ wallMs }: { readonly wallMs: number }): JSX.Element {
  const { link } = useConsole()
  return <Moment wallMs={wallMs} text={formatMoment(wallMs, link.nowMs.value)} />
}

function Moment({ wallMs, text }: { readonly wallMs: number; readonly text: string }): JSX.Element {
  const moment = new Date(wallMs)
  return (
    <time dateTime={moment.toISOString()} title={moment.toLocaleString()}>
      {text}
    </time>
  )
}
