import { runSeed, type SeedResult } from './run-seed.ts'

/** Every so many seeds one is run twice: the same must come of it. */
const AGAIN_EVERY = 50

/** Runs what it is told to, in a process of its own; the trace stays here. */
export interface Chunk {
  readonly seeds: readonly number[]
  /** For the one seed: deaths, one at each of these steps. */
  readonly deaths?: readonly number[]
}

function results({ seeds, deaths }: Chunk): SeedResult[] {
  const [seed = 0] = seeds
  if (deaths) return deaths.map((deathAt) => runSeed(seed, { deathAt }))
  return seeds.map((each) => {
    const result = runSeed(each)
    if (each % AGAIN_EVERY !== 0 || runSeed(each).hash === result.hash) return result
    return { ...result, violation: 'INV14: the same seed gave another run' }
  })
}

process.on('message', (chunk: Chunk) => process.send?.(results(chunk)))
