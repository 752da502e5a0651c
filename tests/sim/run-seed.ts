import { seededRandom } from '../../runtime/scheduling/random.ts'
import { climateOf, GENTLE } from './world/climate.ts'
import { SingleNodeWorld } from './world/single-node.ts'
import { OneDeath, RandomSteps, type StepCount } from './world/steps.ts'

export interface SeedResult {
  readonly seed: number
  readonly climate: string
  /** What was broken; `undefined` if nothing was. */
  readonly violation: string | undefined
  /** Of all that happened: the same seed gives the same. */
  readonly hash: string
  readonly trace: readonly string[]
  readonly eventCount: number
  readonly crashCount: number
  readonly failureCount: number
  readonly acknowledgedCount: number
  /** How often each labelled step was passed, and died at. */
  readonly steps: Readonly<Record<string, StepCount>>
}

export interface RunOptions {
  readonly trace?: boolean
  /** One death, at the step of this number, and no other fault. */
  readonly deathAt?: number
}

/** One simulated life of a node, from its founding to the end of all its tasks. */
export function runSeed(seed: number, { trace = false, deathAt }: RunOptions = {}): SeedResult {
  const random = seededRandom(seed ^ 0x5eed)
  const steps =
    deathAt === undefined ? new RandomSteps(random, trace) : new OneDeath(deathAt, trace)
  const world = new SingleNodeWorld(seed, steps, deathAt === undefined ? climateOf(seed) : GENTLE)
  let violation: string | undefined
  try {
    world.run()
  } catch (error) {
    violation = lineOf(error)
  }
  const { climate, crashCount, failureCount, eventCount, oracle } = world
  return {
    seed,
    climate: climate.name,
    violation,
    hash: steps.digest(),
    trace: steps.trace ?? [],
    eventCount,
    crashCount,
    failureCount,
    acknowledgedCount: oracle.acknowledgedCount,
    steps: Object.fromEntries(steps.counts),
  }
}

/** What was broken; of a failure that nobody expected also where. */
function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [first = '', ...stack] = (error.stack ?? error.message).split('\n')
  if (error.name === 'Violation') return first
  return `${first} ${stack.find((line) => !line.includes('node:'))?.trim() ?? ''}`
}
