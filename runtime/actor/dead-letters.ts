import type { Clock } from '../scheduling/clock.ts'
import type { ActorId } from './actor-ref.ts'

/** How many of the newest are kept for people to look at. */
const RECENT_MAX = 100

/** Why nobody took an envelope. */
export type DeadReason =
  | 'full' // The mailbox had no place.
  | 'stopped' // The actor had stopped, or stopped before its turn came.
  | 'expired' // Its deadline had passed when its turn came.
  | 'unhandled' // The behavior wanted no such message then.
  | 'late' // An answer to somebody who does not wait any more.

/** Says what could not be told, not its content: that may be large, or secret. */
export interface DeadLetter {
  readonly to: ActorId
  readonly type: string
  readonly reason: DeadReason
  readonly atWallMs: number
}

/** What nobody took, counted by reason; the newest can be seen. */
export class DeadLetters {
  readonly #clock: Clock
  readonly #counts: Record<DeadReason, number> = {
    full: 0,
    stopped: 0,
    expired: 0,
    unhandled: 0,
    late: 0,
  }
  readonly #recent: DeadLetter[] = []
  #oldest = 0
  readonly #observers = new Set<(letter: DeadLetter) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(to: ActorId, type: string, reason: DeadReason): void {
    this.#counts[reason] += 1
    const letter = { to, type, reason, atWallMs: this.#clock.wallMs() }
    this.#recent[this.#oldest] = letter
    this.#oldest = (this.#oldest + 1) % RECENT_MAX
    for (const observe of this.#observers) observe(letter)
  }

  get counts(): Readonly<Record<DeadReason, number>> {
    return this.#counts
  }

  /** At most [100], oldest first. */
  recent(): readonly DeadLetter[] {
    return [...this.#recent.slice(this.#oldest), ...this.#recent.slice(0, this.#oldest)]
  }

  /** `observe` is called within the `tell` that failed: it must be short, and tell nobody. */
  observe(observe: (letter: DeadLetter) => void): { cancel(): void } {
    this.#observers.add(observe)
    return { cancel: () => void this.#observers.delete(observe) }
  }
}
