export interface Refill {
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

  constructor({ burst, perSecond }: Refill, nowMs: number) {
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
