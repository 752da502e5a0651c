import type { Clock } from '../../runtime/scheduling/clock.ts'
import { forgetOldest } from '../forget-oldest.ts'
import { Bucket, type Refill } from './bucket.ts'

export interface BucketsOptions extends Refill {
  readonly clock: Clock
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
