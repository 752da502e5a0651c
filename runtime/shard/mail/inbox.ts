import { isAfter, isAt, type Place } from './letter.ts'

/** What a target knows when a letter arrives. */
export interface Arrival {
  readonly place: Place
  /** The oldest letter that the source still kept when it sent this one. */
  readonly oldest: Place
  /** The newest letter of this source that the target's log holds. */
  readonly known: Place
  /** The target itself once had to go on without some of its log. */
  readonly forced: boolean
}

/**
 * `next` is taken; `known` is acknowledged again; `beyond` leaves a gap and is ignored, because the
 * source sends what is missing first. A `jump` is taken too, with an alarm: what is missing was lost
 * when the target was forced, and the source keeps nothing older.
 */
export type Verdict = 'next' | 'known' | 'beyond' | 'jump'

export function verdictOn({ place, oldest, known, forced }: Arrival): Verdict {
  if (!isAfter(place, known)) return 'known'
  if (place.era === known.era && place.seq === known.seq + 1) return 'next'
  if (!isAt(place, oldest)) return 'beyond'
  const newEra = place.era > known.era
  if (newEra && place.seq === 1) return 'next'
  return newEra || forced ? 'jump' : 'beyond'
}
