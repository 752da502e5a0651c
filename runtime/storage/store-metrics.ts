import { Histogram, type HistogramFigures } from '../histogram.ts'

export interface StoreMetrics {
  /** Commit groups since the store was opened: so many fsyncs. */
  readonly groups: number
  readonly ops: number
  readonly bytes: number
  /** Of the newest commits. Unit: ms. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Commits and reads that took more than 100 ms, since the store was opened. */
  readonly slowWrites: number
  readonly slowReads: number
  /** All commits. */
  readonly commits: HistogramFigures
}

const SAMPLES = 1_024

/** How long the newest of many things took, and how many of all took too long. */
export class Latencies {
  readonly #slowMs: number
  readonly #ms = new Float64Array(SAMPLES)
  readonly all = new Histogram()
  slowCount = 0

  constructor(slowMs: number) {
    this.#slowMs = slowMs
  }

  add(ms: number): void {
    this.#ms[this.all.count % SAMPLES] = ms
    this.all.add(ms)
    if (ms > this.#slowMs) this.slowCount += 1
  }

  quantiles(): { readonly p50Ms: number; readonly p99Ms: number } {
    const sorted = this.#ms.slice(0, Math.min(this.all.count, SAMPLES)).sort()
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
    return { p50Ms: at(0.5), p99Ms: at(0.99) }
  }
}
