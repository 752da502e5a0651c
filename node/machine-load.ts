import { cpus, freemem, totalmem } from 'node:os'
import { statfs } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface MachineLoad {
  readonly cpuPercent: number
  readonly memoryBytes: number
  readonly memoryTotalBytes: number
  readonly diskFreeBytes: number
  readonly diskTotalBytes: number
  /** 99th percentile of the event loop's delay since the last look. */
  readonly loopLagMs: number
}

const NANOS_PER_MS = 1_000_000
const RESOLUTION_MS = 20

/** How busy this machine and this program are; each look covers the time since the one before. */
export class MachineLoadMeter {
  readonly #directory: string
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #ticks = ticksOf()
  #load: MachineLoad | undefined
  #lookedMs = -Infinity

  constructor(directory: string) {
    this.#directory = directory
    this.#delay.enable()
  }

  /** At most once a second; in between the last look stands. */
  async look(nowMs: number): Promise<MachineLoad> {
    if (this.#load && nowMs - this.#lookedMs < 1_000) return this.#load
    this.#lookedMs = nowMs
    const before = this.#ticks
    this.#ticks = ticksOf()
    const total = this.#ticks.total - before.total
    const disk = await statfs(this.#directory)
    const loopLagMs = Math.max(0, this.#delay.percentile(99) / NANOS_PER_MS - RESOLUTION_MS)
    this.#delay.reset()
    this.#load = {
      cpuPercent: total > 0 ? (100 * (total - (this.#ticks.idle - before.idle))) / total : 0,
      memoryBytes: totalmem() - freemem(),
      memoryTotalBytes: totalmem(),
      diskFreeBytes: disk.bavail * disk.bsize,
      diskTotalBytes: disk.blocks * disk.bsize,
      loopLagMs: Number.isFinite(loopLagMs) ? loopLagMs : 0,
    }
    return this.#load
  }
}

function ticksOf(): { readonly idle: number; readonly total: number } {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    total += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { idle, total }
}
