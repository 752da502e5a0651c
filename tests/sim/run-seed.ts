import { SingleNodeWorld } from './single-node.ts'

export interface SeedResult {
  readonly seed: number
  /** What was broken; `undefined` if nothing was. */
  readonly violation: string | undefined
  readonly trace: readonly string[]
  readonly crashCount: number
  readonly acknowledgedCount: number
}

/** One simulated life of a node, from its founding to the end of all its tasks. */
export function runSeed(seed: number): SeedResult {
  const world = new SingleNodeWorld(seed)
  let violation: string | undefined
  try {
    world.run()
  } catch (error) {
    violation =
      error instanceof Error ? firstLine(`${error.name}: ${error.message}`) : String(error)
  }
  const { trace, crashCount, oracle } = world
  return { seed, violation, trace, crashCount, acknowledgedCount: oracle.acknowledgedCount }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text
}
