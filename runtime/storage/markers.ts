import { RuntimeError } from '../errors.ts'
import { unpack } from './codec.ts'
import type { Store } from './store.ts'

/*
 * Every batch carries its number twice: under `~seq`, which tells how far the database reaches, and
 * under a marker of its own, whose absence tells of a hole. LevelDB drops a damaged block of its
 * write-ahead log without a word and goes on with the next; what was in it is only missing.
 */

export const SEQUENCE_KEY = '~seq'

/** Markers kept: more batches than fit LevelDB's write-ahead log, and nothing else of it is at risk. */
export const MARKERS = 65_536

/** Batches, both ends included. */
export interface Batches {
  readonly from: number
  readonly to: number
}

export function markerKey(sequence: number): string {
  return `~s/${(sequence % MARKERS).toString(16).padStart(4, '0')}`
}

/** Looks whether each of `batches` left its marker. At most `MARKERS` of them. */
export function findHoles(
  store: Pick<Store, 'scan'>,
  batches: Batches,
  found: (holes: Batches[], error?: RuntimeError) => void,
): void {
  const holes: Batches[] = []
  const next = (from: number): void => {
    if (from > batches.to) return found(holes)
    const to = Math.min(batches.to, from - (from % MARKERS) + MARKERS - 1) // Until the keys start over.
    findInRun(store, { from, to }, holes, (error) => (error ? found([], error) : next(to + 1)))
  }
  next(batches.from)
}

/** Of batches whose keys are in their own order. A marker of an older round says nothing. */
function findInRun(
  store: Pick<Store, 'scan'>,
  { from, to }: Batches,
  holes: Batches[],
  done: (error?: RuntimeError) => void,
): void {
  let expected = from
  const upTo = (sequence: number): void => {
    if (sequence > expected) holes.push({ from: expected, to: sequence - 1 })
    expected = sequence + 1
  }
  const visit = (_key: string, value: Uint8Array): void => {
    const sequence = Number(unpack(value))
    if (sequence >= expected && sequence <= to) upTo(sequence)
  }
  store.scan({ gte: markerKey(from), lt: `${markerKey(to)}~` }, visit, (error) => {
    if (!error) upTo(to + 1)
    done(error)
  })
}

export function lost(database: string, holes: readonly Batches[]): RuntimeError {
  const ranges = holes.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`))
  const count = holes.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  const message = `Cannot open the "${database}" database: batches ${ranges.join(', ')} are lost`
  return new RuntimeError('STORE_CORRUPT', message, {
    details: { database, lost: ranges.join(', '), count },
  })
}
