import { randomFillSync, randomInt } from 'node:crypto'
import type { Random } from './random.ts'

/** Fetched from the operating system at a time: to ask it costs more than the bytes. */
const POOL_BYTES = 4_096

/** The operating system's entropy. No byte is given twice. */
class SystemRandom implements Random {
  readonly #pool = new Uint8Array(POOL_BYTES)
  #used = POOL_BYTES

  below(below: number): number {
    return randomInt(below)
  }

  bytes(count: number): Uint8Array {
    if (count > POOL_BYTES) return randomFillSync(new Uint8Array(count))
    if (this.#used + count > POOL_BYTES) {
      randomFillSync(this.#pool)
      this.#used = 0
    }
    const taken = this.#pool.slice(this.#used, this.#used + count)
    this.#pool.fill(0, this.#used, this.#used + count)
    this.#used += count
    return taken
  }
}

export const systemRandom: Random = new SystemRandom()
