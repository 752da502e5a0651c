import type { ClockGuard } from '../../runtime/scheduling/clock-guard.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import { SHARD_COUNT } from '../../runtime/authority/topology.ts'
import { decodeHistory } from '../../runtime/shard/history.ts'
import { historyRange, liveRange } from '../../runtime/shard/keys.ts'
import type { Blobs } from '../../runtime/storage/blobs/blobs.ts'
import { decodeValue } from '../../runtime/storage/format.ts'
import type { KeyRange, Store } from '../../runtime/storage/store.ts'
import { momentBefore } from './moment-before.ts'
import { KINDS } from '../task/kinds.ts'
import type { Outcome, Task } from '../task/task.ts'
import type { Terminals } from '../terminals.ts'
import { blobIn } from '../output/transcript.ts'

export interface BlobSweepOptions {
  readonly clock: Clock
  readonly clockGuard: Pick<ClockGuard, 'wallMs' | 'jump'>
  readonly hot: Pick<Store, 'scan'>
  readonly cold: Pick<Store, 'scan'>
  readonly blobs: Blobs
  readonly terminals: Pick<Terminals, 'list'>
}

const DAY_MS = 86_400_000
/** For so long a blob is kept that no row names: it may be about to be named, or be in a backup that is being made. */
const UNNAMED_MS = DAY_MS
/** From the start to the first look, and between looks. Unit: ms. */
const FIRST_MS = 600_000
const EVERY_MS = DAY_MS
/** What the holder has given up is in the rows on disk long before. Unit: ms. */
const ROWS_MS = 60_000
/** Blobs that one look may remove. */
const SWEPT_MAX = 100_000
/** Rows looked at at once, and the pause after them, in which others are served. Unit of the second: ms. */
const BATCH = 500
const PAUSE_MS = 100

/** Rows of tasks, where they stand and how they are read. */
interface Rows {
  readonly store: Pick<Store, 'scan'>
  readonly range: KeyRange
  read(value: Uint8Array): Task
}

/**
 * Removes blobs that nobody names any more: of those that are old and have no other name, all but
 * those in a row, or in a record that the holder of the terminals still keeps. Of what cannot be read
 * nobody knows what it names: then nothing is removed.
 */
export class BlobSweep {
  readonly #options: BlobSweepOptions

  constructor(options: BlobSweepOptions) {
    this.#options = options
  }

  start(): void {
    this.#lookAfter(FIRST_MS)
  }

  #lookAfter(delayMs: number): void {
    this.#options.clock.after(delayMs, () => this.#look(() => this.#lookAfter(EVERY_MS)))
  }

  #look(done: () => void): void {
    const { blobs, terminals, clock } = this.#options
    const beforeMs = momentBefore(this.#options, UNNAMED_MS)
    blobs.old(beforeMs, SWEPT_MAX, (hashes) => {
      if (hashes.length === 0) return done()
      const unnamed = new Set(hashes)
      terminals.list((held) => {
        if (!held) return done()
        for (const each of held)
          if (each.type === 'exited') unnamed.delete(blobIn(each.exit.transcript)?.hash ?? '')
        const remove = (): void => blobs.remove([...unnamed], beforeMs, done)
        clock.after(ROWS_MS, () => this.#mark(unnamed, this.#rows(), { remove, done }))
      })
    })
  }

  #rows(): Rows[] {
    const { hot, cold } = this.#options
    const task = KINDS['task']
    if (!task) return []
    return Array.from({ length: SHARD_COUNT }, (_, shard) => shard).flatMap((shard): Rows[] => [
      {
        store: hot,
        range: liveRange(shard, task.kind),
        read: (value) => decodeValue(task, value) as Task,
      },
      {
        store: cold,
        range: historyRange(shard, task.kind),
        read: (value) => decodeHistory(task, value).row as Task,
      },
    ])
  }

  /** A task that ends meanwhile goes from the rows that live to history, which is read after them. */
  #mark(unnamed: Set<string>, left: Rows[], then: Then): void {
    const [rows, ...others] = left
    if (!rows) return then.remove()
    if (unnamed.size === 0) return then.done()
    let seen = 0
    let last = ''
    const visit = (key: string, value: Uint8Array): void => {
      for (const hash of namedBy(rows.read(value))) unnamed.delete(hash)
      seen += 1
      last = key
    }
    rows.store.scan({ ...rows.range, limit: BATCH }, visit, (error) => {
      if (error) return then.done()
      if (seen < BATCH) return this.#mark(unnamed, others, then)
      const rest = { ...rows, range: { ...rows.range, gte: `${last}\0` } }
      this.#options.clock.after(PAUSE_MS, () => this.#mark(unnamed, [rest, ...others], then))
    })
  }
}

interface Then {
  remove(): void
  done(): void
}

/** Hashes of the blobs that a task names. */
export function namedBy({ attempts, lateResults = [] }: Task): readonly string[] {
  const outcomes: readonly (Outcome | undefined)[] = [...attempts, ...lateResults].map(
    ({ outcome }) => outcome,
  )
  return outcomes.flatMap((outcome) => blobIn(outcome?.transcript)?.hash ?? [])
}
