import { chance, seededRandom, type Random } from '../../../runtime/scheduling/random.ts'
import type { SpecMessage } from '../../../node/gaia/messages.ts'

/** One task of a crash run, and how it has to end. */
export interface Planned {
  readonly number: number
  readonly project: string
  readonly priority: number
  /** It ends with the exit code `10 + attempt`, so that a stale attempt's result shows; else with 0. */
  readonly fails: boolean
  readonly napMs: number
}

const PROJECTS = ['alpha', 'beta', 'gamma', 'delta']
/** The counter has 10, so that it gets its slot back at once when the holder is killed. */
const PRIORITY_MAX = 9
const NAP_MS_MAX = 40

/** The same tasks for the same seed. */
export function loadOf(count: number, seed: number): readonly Planned[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, number) => planned(number, random))
}

function planned(number: number, random: Random): Planned {
  return {
    number,
    project: PROJECTS[random.below(PROJECTS.length)] ?? '',
    priority: random.below(PRIORITY_MAX + 1),
    fails: chance(random, 0.3),
    napMs: chance(random, 0.3) ? random.below(NAP_MS_MAX) : 0,
  }
}

export function codeOf({ fails }: Planned, attempt: number): number {
  return fails ? 10 + attempt : 0
}

/** Its first and its last act are a line each in the journal, which anybody can read. */
const SCRIPT = `echo "start $1 $ARCHITECT_ATTEMPT_NUMBER" >> "$0"
[ "$2" = 0 ] || sleep "$2"
echo "end $1 $ARCHITECT_ATTEMPT_NUMBER" >> "$0"
[ "$3" = false ] || exit $((10 + ARCHITECT_ATTEMPT_NUMBER))`

/** What was lost with its holder is tried again as often as it takes. */
export const AT_ONCE = { max: 100, baseMs: 1 } as const

export function specOf(planned: Planned, journal: string): SpecMessage {
  const { number, priority, napMs, fails } = planned
  return {
    title: String(number),
    argv: ['sh', '-c', SCRIPT, journal, String(number), String(napMs / 1_000), String(fails)],
    priority,
    retry: AT_ONCE,
  }
}
