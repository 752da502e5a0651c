export interface StoreMetrics {
  /** Commit groups since the store was opened: so many fsyncs. */
  readonly groups: number
  readonly ops: number
  readonly bytes: number
  /** Of the newest commits. Unit: ms. */
  readonly p50Ms: number
  readonly p99Ms: number
}

const SAMPLES = 1_024

/** How long the newest commits took. */
export class CommitTimes {
  readonly #ms: number[] = []
  #next = 0

  add(ms: number): void {
    this.#ms[this.#next] = ms
    this.#next = (this.#next + 1) % SAMPLES
  }

  quantiles(): { readonly p50Ms: number; readonly p99Ms: number } {
    const sorted = [...this.#ms].sort((a, b) => a - b)
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
    return { p50Ms: at(0.5), p99Ms: at(0.99) }
  }
}
