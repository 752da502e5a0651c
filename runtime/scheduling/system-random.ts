import { randomBytes, randomInt } from 'node:crypto'
import type { Random } from './random.ts'

/** The operating system's entropy. */
export const systemRandom: Random = {
  below: (below) => randomInt(below),
  bytes: (count) => randomBytes(count),
}
