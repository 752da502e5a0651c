import type { Clock, Timer } from './clock.ts'

type Waiting = { readonly atMs: number; readonly sequence: number; readonly run: () => void }

/**
 * Time that stands still until `advance` moves it. Everything due runs in order of its moment,
 * then in the order in which it was asked for, so one seed gives one run.
 */
export class VirtualClock implements Clock {
  #nowMs = 0
  #sequence = 0
  /** Added to the wall clock only: a clock that was set wrong, or jumps. Unit: ms, any sign. */
  wallSkewMs = 0
  readonly #wallStartMs: number
  readonly #heap: Waiting[] = []
  readonly #cancelled = new Set<number>()
  readonly #soon: (() => void)[] = []

  constructor(wallStartMs = Date.UTC(2026, 0, 1)) {
    this.#wallStartMs = wallStartMs
  }

  wallMs(): number {
    return this.#wallStartMs + Math.floor(this.#nowMs) + this.wallSkewMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): Timer {
    const sequence = this.#sequence++
    push(this.#heap, { atMs: this.#nowMs + Math.max(0, delayMs), sequence, run })
    return { cancel: () => void this.#cancelled.add(sequence) }
  }

  soon(run: () => void): void {
    this.#soon.push(run)
  }

  defer(run: () => void): void {
    this.after(0, run)
  }

  /** How many timers wait, cancelled ones not counted out. */
  get waitingCount(): number {
    return this.#heap.length
  }

  /** Runs the next thing that is due at or before `untilMs`; false when there is none. */
  step(untilMs = Infinity): boolean {
    const run = this.#soon.shift()
    if (run) {
      run()
      return true
    }
    for (;;) {
      const next = this.#heap[0]
      if (!next || next.atMs > untilMs) return false
      pop(this.#heap)
      if (this.#cancelled.delete(next.sequence)) continue
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.run()
      return true
    }
  }

  /** Moves time forward by `ms`, running all that falls due on the way. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    while (this.step(untilMs));
    this.#nowMs = untilMs
  }
}

function before(a: Waiting, b: Waiting): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
}

function push(heap: Waiting[], waiting: Waiting): void {
  let at = heap.push(waiting) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent]
    if (!above || !before(waiting, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = waiting
}

function pop(heap: Waiting[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    let below = heap[child]
    const right = heap[child + 1]
    if (below && right && before(right, below)) {
      child += 1
      below = right
    }
    if (!below || !before(below, last)) break
    heap[at] = below
    at = child
  }
  heap[at] = last
}
