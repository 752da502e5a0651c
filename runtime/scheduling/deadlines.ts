import type { Clock, Timer } from './clock.ts'

/** Deadlines are told at most so much late, so that many of them share one timer. Unit: ms. */
const TICK_MS = 8
/** The longest that one timer sleeps: more does not fit its number. Unit: ms. */
const SLEEP_MAX_MS = 2 ** 31 - 1

/** Something that ends at a moment, unless it is removed before. */
export interface Due {
  readonly deadlineMs: number
  /** Kept here by `Deadlines`. */
  place: number
  expire(): void
}

/**
 * Many deadlines, most of which never come: adding and removing one costs about as much as pushing
 * it to a list. Mutable, for that reason.
 */
export class Deadlines {
  readonly #clock: Clock
  /** By the tick at whose end they are over. */
  readonly #ticks = new Map<number, Due[]>()
  #timer: Timer | undefined
  #armedTick = Infinity
  /** The tick used last: those that are asked for together end together. */
  #lastTick = NaN
  #last: Due[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many wait. */
  get count(): number {
    let count = 0
    for (const dues of this.#ticks.values()) count += dues.length
    return count
  }

  add(due: Due): void {
    if (due.deadlineMs === Infinity) return
    const tick = Math.ceil(due.deadlineMs / TICK_MS)
    const dues = this.#at(tick)
    due.place = dues.push(due) - 1
    if (tick < this.#armedTick) this.#arm(tick)
  }

  remove(due: Due): void {
    if (due.deadlineMs === Infinity) return
    const tick = Math.ceil(due.deadlineMs / TICK_MS)
    const dues = this.#at(tick)
    const last = dues.pop()
    if (last && last !== due) {
      dues[due.place] = last
      last.place = due.place
    }
  }

  #at(tick: number): Due[] {
    if (tick === this.#lastTick) return this.#last
    if (this.#last.length === 0) this.#ticks.delete(this.#lastTick)
    let dues = this.#ticks.get(tick)
    if (!dues) this.#ticks.set(tick, (dues = []))
    this.#lastTick = tick
    return (this.#last = dues)
  }

  #arm(tick: number): void {
    this.#timer?.cancel()
    this.#armedTick = tick
    const delayMs = tick * TICK_MS - this.#clock.monotonicMs()
    this.#timer = this.#clock.after(Math.min(SLEEP_MAX_MS, Math.max(0, delayMs)), this.#fire)
  }

  readonly #fire = (): void => {
    const nowTick = Math.floor(this.#clock.monotonicMs() / TICK_MS)
    this.#armedTick = Infinity
    let next = Infinity
    for (const [tick, dues] of this.#ticks) {
      if (tick <= nowTick) this.#expire(tick, dues)
      else if (dues.length > 0) next = Math.min(next, tick)
    }
    if (next < this.#armedTick) this.#arm(next)
  }

  #expire(tick: number, dues: Due[]): void {
    this.#ticks.delete(tick)
    if (tick === this.#lastTick) {
      this.#lastTick = NaN
      this.#last = []
    }
    for (const due of dues) due.expire()
  }
}
