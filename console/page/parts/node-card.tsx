import type { JSX } from 'preact'
import type { NodeStatus } from '../../../actors/fleet.ts'
import { formatBytes } from '../words/amounts.ts'
import { Meter } from './meter.tsx'

/** From these shares on, a meter wants eyes. */
const HIGH = { cpu: 0.9, memory: 0.9 } as const
/** More slots than these are told as a number, not drawn one by one. */
const PIPS_MAX = 32
const LAG_SHOWN_MS = 50

/** One machine of the fleet: what it runs, and how much room it has. */
export function NodeCard({ node }: { readonly node: NodeStatus }): JSX.Element {
  const { cpuPercent, memoryBytes, memoryTotalBytes, diskFreeBytes, loopLagMs } = node
  const memory = `${formatBytes(memoryBytes)} of ${formatBytes(memoryTotalBytes)}`
  return (
    <li class={`node ${node.status}`}>
      <header>
        <h3>{node.node}</h3>
        <span class="node-status">
          <span class="dot" />
          {node.status}
        </span>
        {node.labels.map((label) => (
          <span key={label} class="tag">
            {label}
          </span>
        ))}
      </header>
      <Slots busy={node.busy} slots={node.slots} />
      <Meter
        label="CPU"
        share={cpuPercent / 100}
        text={`${Math.round(cpuPercent)} %`}
        high={HIGH.cpu}
      />
      <Meter
        label="Memory"
        share={memoryBytes / memoryTotalBytes}
        text={memory}
        high={HIGH.memory}
      />
      <p class="node-facts">
        {formatBytes(diskFreeBytes)} of disk free
        {loopLagMs >= LAG_SHOWN_MS && <> · late by {Math.round(loopLagMs)} ms</>}
      </p>
    </li>
  )
}

function Slots({ busy, slots }: { readonly busy: number; readonly slots: number }): JSX.Element {
  return (
    <div class="slots">
      <span class="meter-label">Slots</span>
      <span class="pips" aria-hidden="true">
        {slots <= PIPS_MAX &&
          Array.from({ length: slots }, (_, at) => (
            <span key={at} class={at < busy ? 'pip busy' : 'pip'} />
          ))}
      </span>
      <span class="meter-text">
        {busy} of {slots} busy
      </span>
    </div>
  )
}
