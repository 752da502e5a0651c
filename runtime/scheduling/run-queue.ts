import type { Clock } from './clock.ts'
import { Ring } from './ring.ts'

/** The most that one runnable does before the next has its turn. */
const TURN_MOST = 64
/** Work between two looks at the clock: grows while it is quick, shrinks to one while it is slow. */
const STRIDE_MAX = 64
/** A stride that took less may grow. Unit: ms. */
const STRIDE_MS = 0.25

export interface RunQueueOptions {
  readonly clock: Clock
  /** How long a pass may take before timers and sockets are served. Unit: ms. Default 4. */
  readonly passMs?: number
  /** The same, in pieces of work: it bounds a pass where time stands still. Default 16,384. */
  readonly passMost?: number
}

/** Something that now and then has work to do. */
export interface Runnable {
  /** Does at most `most` pieces of work, and says how many; asks for another turn if more are left. Never throws. */
  run(most: number): number
}

/**
 * Gives everybody who has work a turn, in the order in which they asked.
 *
 * A pass starts as soon as what asked has returned, and is bounded in time and in work; so are all
 * passes between two rounds of the event loop together. What is left goes on after timers and
 * sockets were served. So nobody who floods an actor delays the others by more than a turn each, or
 * the outside world by more than a pass.
 */
export class RunQueue {
  readonly #clock: Clock
  readonly #passMs: number
  readonly #passMost: number
  readonly #ready = new Ring<Runnable>()
  /** A pass is asked for or under way, or this round is spent and the next one sees to it. */
  #armed = false
  /** In this round of the event loop a pass has begun. */
  #begun = false
  #rest = 0
  #untilMs = 0
  #stride = 1
  #unlooked = 1
  #lookedMs = 0

  constructor({ clock, passMs = 4, passMost = 16_384 }: RunQueueOptions) {
    this.#clock = clock
    this.#passMs = passMs
    this.#passMost = passMost
  }

  /** `runnable` has work, and has not asked since its last turn began. */
  ready(runnable: Runnable): void {
    this.#ready.push(runnable)
    if (this.#armed) return
    this.#armed = true
    this.#clock.soon(this.#pass)
  }

  /** When the clock was last looked at, at most a stride of work ago. */
  get nowMs(): number {
    return this.#lookedMs
  }

  readonly #pass = (): void => {
    this.#lookedMs = this.#clock.monotonicMs()
    if (!this.#begun) this.#begin()
    this.#armed = this.#spend()
  }

  /** Gives turns until nobody wants one; true if the round was spent before. */
  #spend(): boolean {
    for (let next = this.#ready.shift(); next; next = this.#ready.shift()) {
      const done = next.run(Math.min(TURN_MOST, this.#unlooked)) || 1
      this.#rest -= done
      this.#unlooked -= done
      if (this.#unlooked <= 0 && this.#spent()) return true
    }
    return false
  }

  #begin(): void {
    this.#begun = true
    this.#rest = this.#passMost
    this.#untilMs = this.#lookedMs + this.#passMs
    this.#clock.defer(this.#nextRound)
  }

  readonly #nextRound = (): void => {
    this.#begun = false
    this.#armed = this.#ready.count > 0
    if (this.#armed) this.#pass()
  }

  #spent(): boolean {
    const nowMs = this.#clock.monotonicMs()
    const quick = nowMs - this.#lookedMs < STRIDE_MS
    this.#stride = quick ? Math.min(STRIDE_MAX, this.#stride * 2) : this.#stride >> 1 || 1
    this.#unlooked = this.#stride
    this.#lookedMs = nowMs
    return nowMs >= this.#untilMs || this.#rest <= 0
  }
}
