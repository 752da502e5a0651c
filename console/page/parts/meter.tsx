import type { JSX } from 'preact'

/** A share of something, with the words that say it. `high`: from where it wants eyes. */
export function Meter(props: {
  readonly label: string
  readonly share: number
  readonly text: string
  readonly high: number
}): JSX.Element {
  const share = Math.min(1, Math.max(0, props.share))
  return (
    <div class="meter">
      <span class="meter-label">{props.label}</span>
      <span
        class={share >= props.high ? 'bar high' : 'bar'}
        role="meter"
        aria-label={props.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={props.text}
      >
        <span style={{ width: `${share * 100}%` }} />
      </span>
      <span class="meter-text">{props.text}</span>
    </div>
  )
}
