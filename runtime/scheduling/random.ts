/**
 * The only source of chance. Real form: `system-random.ts`; simulated form: `seededRandom`.
 */
export interface Random {
  /** A whole number in [0, below); `below` in [1, 2^32]. */
  below(below: number): number
  /** `count` bytes, unguessable in the real form. */
  bytes(count: number): Uint8Array
}

/** One run of chance for each seed, the same on every machine (mulberry32, T. Ettinger 2017). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    below: (below) => Math.floor((next() / 0x1_0000_0000) * below),
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
  }
}

/** A fraction in [0, 1), with 32 bits of chance. */
export function fraction(random: Random): number {
  return random.below(0x1_0000_0000) / 0x1_0000_0000
}

/** True with a chance of `probability` [0, 1]. */
export function chance(random: Random, probability: number): boolean {
  return fraction(random) < probability
}
