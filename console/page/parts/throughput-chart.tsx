import type { JSX } from 'preact'
import { BUCKETS_MAX, SPAN_MS, type Bucket } from '../live/throughput.ts'
import { formatCount } from '../words/amounts.ts'
import { formatClock, formatSpan } from '../words/spans.ts'

const WIDTH = 600
const HEIGHT = 96
const GAP = 2
const STEP = WIDTH / BUCKETS_MAX
const MINUTE_MS = 60_000

/** Tasks that ended, in spans of ten seconds over ten minutes. What is not known is not drawn. */
export function ThroughputChart({ buckets }: { readonly buckets: readonly Bucket[] }): JSX.Element {
  const most = Math.max(1, ...buckets.map(({ well, unwell }) => well + unwell))
  const from = BUCKETS_MAX - buckets.length
  return (
    <figure class="throughput">
      <figcaption>
        <strong>{rateOf(buckets)}</strong> {summaryOf(buckets)}
      </figcaption>
      <div class="plot">
        <span class="most">{formatCount(most)}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <rect class="unknown" width={from * STEP} height={HEIGHT} />
          {buckets.map((bucket, at) => (
            <Bar
              key={bucket.startMs}
              bucket={bucket}
              x={(from + at) * STEP}
              scale={HEIGHT / most}
            />
          ))}
        </svg>
      </div>
      <div class="axis" aria-hidden="true">
        <span>10 min ago</span>
        <span>5 min</span>
        <span>now</span>
      </div>
      <MinuteTable buckets={buckets} />
    </figure>
  )
}

function Bar(props: {
  readonly bucket: Bucket
  readonly x: number
  readonly scale: number
}): JSX.Element {
  const { bucket, x, scale } = props
  const [well, unwell] = [bucket.well * scale, bucket.unwell * scale]
  const width = STEP - GAP
  return (
    <g>
      <rect class="well" x={x} y={HEIGHT - well} width={width} height={well} />
      <rect class="unwell" x={x} y={HEIGHT - well - unwell} width={width} height={unwell} />
    </g>
  )
}

/** The same as numbers: for who cannot see bars, or wants to know. */
function MinuteTable({ buckets }: { readonly buckets: readonly Bucket[] }): JSX.Element {
  const minutes = Object.values(
    Object.groupBy(buckets, ({ startMs }) => Math.floor(startMs / MINUTE_MS)),
  )
  return (
    <details>
      <summary>As a table</summary>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Minute</th>
            <th scope="col" class="number">
              Completed
            </th>
            <th scope="col" class="number">
              Ended otherwise
            </th>
          </tr>
        </thead>
        <tbody>
          {minutes.map((within = []) => (
            <tr key={within[0]?.startMs}>
              <th scope="row">{formatClock(within[0]?.startMs ?? 0).slice(0, 5)}</th>
              <td class="number">{formatCount(sum(within, 'well'))}</td>
              <td class="number">{formatCount(sum(within, 'unwell'))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

/** Over the last minute. */
function rateOf(buckets: readonly Bucket[]): string {
  const recent = buckets.slice(-MINUTE_MS / SPAN_MS)
  return `${formatCount(sum(recent, 'well') + sum(recent, 'unwell'))} a minute`
}

function summaryOf(buckets: readonly Bucket[]): string {
  const [well, unwell] = [sum(buckets, 'well'), sum(buckets, 'unwell')]
  const span = formatSpan(buckets.length * SPAN_MS)
  return `${formatCount(well + unwell)} ended in ${span}, ${formatCount(unwell)} not well`
}

function sum(buckets: readonly Bucket[], field: 'well' | 'unwell'): number {
  return buckets.reduce((total, bucket) => total + bucket[field], 0)
}
