import { useSignal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Attempt } from '../../../../actors/task/task.ts'
import type { OutputSink } from '../../live/link.ts'
import { useConsole } from '../../shell/console.ts'
import type { Screen } from '../../terminal/screen.ts'
import { formatBytes } from '../../words/amounts.ts'

/** The node stops sending when it is owed acknowledgements of 512 KiB; ours come far sooner. */
const ACK_BYTES = 64 * 1024
/** Of output that is all there, the end is shown first: what is before it is a click away. */
const TAIL_BYTES = 1024 * 1024

interface Progress {
  readonly phase: 'opening' | 'following' | 'ended'
  readonly reached: number
}

export interface OutputProps {
  readonly task: string
  readonly attempt: Attempt
  readonly size: { readonly cols: number; readonly rows: number }
}

/** The terminal of one attempt: live while it runs, and as it was left once it is over. */
export function Output({ task, attempt, size }: OutputProps): JSX.Element {
  const { link } = useConsole()
  const place = useRef<HTMLDivElement>(null)
  const progress = useSignal<Progress>({ phase: 'opening', reached: 0 })
  const kept = attempt.outcome?.outputBytes ?? 0
  const from = useSignal(Math.max(0, kept - TAIL_BYTES))
  const channel = `term:${task}/${attempt.attempt}` as const
  const { cols, rows } = size

  useEffect(() => {
    progress.value = { phase: 'opening', reached: from.value }
    let close: (() => void) | undefined
    let left = false
    void import('../../terminal/screen.ts').then(({ openScreen }) => {
      if (left || !place.current) return
      const screen = openScreen(place.current, { cols, rows })
      const sink = sinkOf(screen, progress, (offset) => following.ack(offset))
      const following = link.follow(channel, from.value, sink)
      close = () => {
        following.close()
        screen.dispose()
      }
    })
    return () => {
      left = true
      close?.()
    }
  }, [link, channel, cols, rows, from.value])

  return (
    <div class="output">
      <header>
        <OutputFacts progress={progress.value} from={from.value} />
        {from.value > 0 && (
          <button type="button" onClick={() => void (from.value = 0)}>
            From the beginning
          </button>
        )}
      </header>
      <div class="screen" role="region" aria-label={`Output of attempt ${attempt.attempt}`}>
        <div class="screen-place" ref={place} />
      </div>
    </div>
  )
}

function OutputFacts(props: { readonly progress: Progress; readonly from: number }): JSX.Element {
  const { phase, reached } = props.progress
  const size = formatBytes(reached)
  const before = props.from > 0 ? `, the last ${formatBytes(reached - props.from)} shown` : ''
  if (phase === 'opening') return <span class="output-facts">Opening the terminal …</span>
  return (
    <span class={`output-facts ${phase}`}>
      <span class="dot" />
      {phase === 'following' ? `Live, ${size} so far` : `Ended, ${size}`}
      {before}
    </span>
  )
}

function sinkOf(
  screen: Screen,
  progress: Signal<Progress>,
  ack: (offset: number) => void,
): OutputSink {
  let acked = progress.peek().reached
  let reached = acked
  progress.value = { phase: 'following', reached }
  return {
    bytes(offset, bytes) {
      if (offset > reached) screen.write(gap(offset - reached))
      reached = offset + bytes.length
      const parsed = reached
      screen.write(bytes, () => {
        if (parsed - acked >= ACK_BYTES) ack((acked = parsed))
        progress.value = { ...progress.peek(), reached: parsed }
      })
    },
    ended(_offset, failure) {
      const last = failure === undefined ? '' : note(failure)
      screen.write(last, () => (progress.value = { ...progress.peek(), phase: 'ended' }))
    },
  }
}

/** In the way of a program that says so: dim, on a line of its own. */
function note(text: string): string {
  return `\r\n\u001B[2m[${text}]\u001B[0m\r\n`
}

function gap(bytes: number): string {
  return note(`${formatBytes(bytes)} of output were not kept`)
}
