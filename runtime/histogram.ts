/** What is counted up to: about 2.5 apart, from a fast fsync to a queue that stands. Unit: ms. */
const BOUNDS_MS = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000, 600_000,
] as const

export interface HistogramFigures {
  readonly count: number
  readonly sumMs: number
  /** Each bound with how many took at most so long; those that took longer are only in `count`. */
  upTo(): readonly (readonly [boundMs: number, count: number])[]
}

/** How long each of very many things took, in a fixed number of counters. */
export class Histogram implements HistogramFigures {
  readonly #counts = new Float64Array(BOUNDS_MS.length)
  count = 0
  sumMs = 0

  add(ms: number): void {
    this.count += 1
    this.sumMs += ms
    for (let at = 0; at < BOUNDS_MS.length; at += 1) {
      if (ms > (BOUNDS_MS[at] ?? 0)) continue
      this.#counts[at] = (this.#counts[at] ?? 0) + 1
      return
    }
  }

  upTo(): readonly (readonly [boundMs: number, count: number])[] {
    let sum = 0
    return BOUNDS_MS.map((bound, at) => [bound, (sum += this.#counts[at] ?? 0)])
  }
}
