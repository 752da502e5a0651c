import { chance, fraction, type Random } from '../../../runtime/scheduling/random.ts'

/** What is done to the node or its holder, and when. */
export interface Shot {
  readonly at: Aim
  /** After so many tasks have ended … */
  readonly ended: number
  /** … and then so long. Unit: ms. */
  readonly delayMs: number
  /** Or that long after the node was started again, ready or not. */
  readonly whileStarting: boolean
}

/** `kill -9` of either; or the node is asked to stop, once or twice, as an operator does. */
export type Aim = 'node' | 'holder' | 'stop' | 'stop twice'

export interface Shooting {
  readonly tasks: number
  readonly kills: number
  readonly holderKills: number
  readonly stops: number
}

/** No shot before this share of the tasks has ended, and none after the other. */
const FROM = 0.02
const TO = 0.95
const DELAY_MS_MAX = 400
const STARTING_MS_MAX = 1_200
const STARTING_CHANCE = 0.25

/** Spread over the run, one in each part of it, at a moment that chance chooses. */
export function shotsOf(shooting: Shooting, random: Random): readonly Shot[] {
  const { tasks, kills, holderKills, stops } = shooting
  const spread = (count: number, aimOf: (at: number) => Aim): Shot[] =>
    Array.from({ length: count }, (_, at) => {
      const aim = aimOf(at)
      const whileStarting = aim === 'node' && at > 0 && chance(random, STARTING_CHANCE)
      const share = FROM + ((TO - FROM) * (at + fraction(random))) / count
      const delayMs = random.below(whileStarting ? STARTING_MS_MAX : DELAY_MS_MAX)
      return { at: aim, ended: Math.floor(share * tasks), delayMs, whileStarting }
    })
  const shots = [
    ...spread(kills, () => 'node'),
    ...spread(holderKills, () => 'holder'),
    ...spread(stops, (at) => (at % 2 === 0 ? 'stop' : 'stop twice')),
  ]
  return shots.toSorted((a, b) => a.ended - b.ended)
}
