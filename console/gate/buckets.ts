import type { Clock } from '../../runtime/scheduling/clock.ts'
import { forgetOldest } from '../forget-oldest.ts'

export interface BucketsOptions {
  readonly clock: Clock
  /** What a bucket holds at most, and at first. */
  readonly burst: number
  readonly perSecond: number
}

/** How often a thing may happen, and how much at once. */
export class Bucket {
  readonly #burst: number
  readonly #perSecond: number
  #tokens: number
  #atMs: number

  constructor({ burst, perSecond }: Omit<BucketsOptions, 'clock'>, nowMs: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#tokens = burst
    this.#atMs = nowMs
  }

  /** Takes one; 0 when there was one, else after how many ms there will be. */
  take(nowMs: number): number {
    const filled = ((nowMs - this.#atMs) * this.#perSecond) / 1_000
    this.#tokens = Math.min(this.#burst, this.#tokens + filled)
    this.#atMs = nowMs
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) * 1_000) / this.#perSecond)
    this.#tokens -= 1
    return 0
  }
}

/** Buckets kept; the ones longest unused are forgotten, which fills them. */
const BUCKETS_MAX = 10_000

/** A bucket for each name. */
export class Buckets {
  readonly #options: BucketsOptions
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: BucketsOptions) {
    this.#options = options
  }

  take(name: string): number {
    const nowMs = this.#options.clock.monotonicMs()
    const bucket = this.#buckets.get(name) ?? new Bucket(this.#options, nowMs)
    this.#buckets.delete(name) // Put back as the newest.
    this.#buckets.set(name, bucket)
    forgetOldest(this.#buckets, BUCKETS_MAX)
    return bucket.take(nowMs)
  }
}
