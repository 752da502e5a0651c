import { assert } from '../../errors.ts'
import type { Clock, Timer } from '../../scheduling/clock.ts'
import type { Message } from '../behavior.ts'
import type { Timers } from '../context.ts'

/** Keys that one actor may have set at a time: more are a leak. */
const TIMERS_MAX = 1_024

/** A timer as it was set. Another one under its key is another timing. */
interface Timing<M extends Message> {
  readonly key: string
  readonly message: M
  readonly intervalMs: number | undefined
  /** It has fired, and waits in the mailbox. */
  waiting: boolean
  timer: Timer
}
type Wanted<M extends Message> = Pick<Timing<M>, 'key' | 'message' | 'intervalMs'>

/** The timers of one life of an actor. A fire counts only if it is still wanted when its turn comes. */
export class CellTimers<M extends Message> implements Timers<M> {
  readonly #clock: Clock
  readonly #own: (make: () => M | undefined) => void
  readonly #timings = new Map<string, Timing<M>>()

  /** @param own puts mail of the actor itself into its mailbox. */
  constructor(clock: Clock, own: (make: () => M | undefined) => void) {
    this.#clock = clock
    this.#own = own
  }

  once(key: string, delayMs: number, message: M): void {
    this.#set({ key, message, intervalMs: undefined }, delayMs)
  }

  every(key: string, intervalMs: number, message: M): void {
    assert(intervalMs > 0, 'time passes between two fires')
    this.#set({ key, message, intervalMs }, intervalMs)
  }

  #set(wanted: Wanted<M>, delayMs: number): void {
    this.cancel(wanted.key)
    assert(this.#timings.size < TIMERS_MAX, 'an actor sets no more timers than it may')
    const fire = (): void => this.#fire(timing)
    const timing: Timing<M> = { ...wanted, waiting: false, timer: this.#clock.after(delayMs, fire) }
    this.#timings.set(wanted.key, timing)
  }

  #fire(timing: Timing<M>): void {
    const { intervalMs } = timing
    if (intervalMs !== undefined) {
      timing.timer = this.#clock.after(intervalMs, () => this.#fire(timing))
    }
    if (timing.waiting) return
    timing.waiting = true
    this.#own(() => this.#taken(timing))
  }

  /** Nothing, if somebody cancelled it or set it anew since it fired. */
  #taken(timing: Timing<M>): M | undefined {
    if (this.#timings.get(timing.key) !== timing) return undefined
    timing.waiting = false
    if (timing.intervalMs === undefined) this.#timings.delete(timing.key)
    return timing.message
  }

  cancel(key: string): void {
    this.#timings.get(key)?.timer.cancel()
    this.#timings.delete(key)
  }

  cancelAll(): void {
    for (const { timer } of this.#timings.values()) timer.cancel()
    this.#timings.clear()
  }
}
