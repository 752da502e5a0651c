import { chance, fraction, type Random } from '../../../runtime/scheduling/random.ts'

/** A `kill -9`, and when it comes. */
export interface Shot {
  readonly victim: 'node' | 'holder'
  /** After so many tasks have ended … */
  readonly ended: number
  /** … and then so long. Unit: ms. */
  readonly delayMs: number
  /** Or that long after the node was started again, ready or not. */
  readonly whileStarting: boolean
}

export interface Shooting {
  readonly tasks: number
  readonly kills: number
  readonly holderKills: number
}

/** No shot before this share of the tasks has ended, and none after the other. */
const FROM = 0.02
const TO = 0.95
const DELAY_MS_MAX = 400
const STARTING_MS_MAX = 1_200
const STARTING_CHANCE = 0.25

/** Spread over the run, one in each part of it, at a moment that chance chooses. */
export function shotsOf({ tasks, kills, holderKills }: Shooting, random: Random): readonly Shot[] {
  const spread = (count: number, victim: Shot['victim']): Shot[] =>
    Array.from({ length: count }, (_, at) => {
      const whileStarting = victim === 'node' && at > 0 && chance(random, STARTING_CHANCE)
      const share = FROM + ((TO - FROM) * (at + fraction(random))) / count
      const delayMs = random.below(whileStarting ? STARTING_MS_MAX : DELAY_MS_MAX)
      return { victim, ended: Math.floor(share * tasks), delayMs, whileStarting }
    })
  const shots = [...spread(kills, 'node'), ...spread(holderKills, 'holder')]
  return shots.toSorted((a, b) => a.ended - b.ended)
}
