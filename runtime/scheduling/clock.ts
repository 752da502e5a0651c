/** A timer that was set; cancelling one that fired, or twice, does nothing. */
export interface Timer {
  cancel(): void
}

/**
 * The only source of time, and of "later".
 *
 * Real form: `system-clock.ts`. Simulated form: `virtual-clock.ts`, whose time stands still until
 * it is advanced and which runs everything in one fixed order.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump both ways; for stamps shown to people, never for order. */
  wallMs(): number
  /** Milliseconds of a clock that never steps back. For every span; may stand still while the machine sleeps. */
  monotonicMs(): number
  /** Runs `run` once, not before `delayMs` [0, 2^31) have passed. */
  after(delayMs: number, run: () => void): Timer
  /** Runs `run` as soon as what is running now has returned, before any timer, input or output. */
  soon(run: () => void): void
  /** Runs `run` after what is running now, and after input and output that is already waiting. */
  defer(run: () => void): void
}
