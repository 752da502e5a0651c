import type { RuntimeError } from '../errors.ts'
import { decodeValue, encodeValue } from '../storage/format.ts'
import type { Op, Store } from '../storage/store.ts'
import { FORMATS } from './formats.ts'
import { goneKey, goneRange, historyKey, listingKey } from './keys.ts'
import type { DurableKind } from './machine.ts'

export interface HistoryOptions {
  readonly shard: number
  readonly hot: Store
  readonly cold: Store
}

/** A finished row, and the index that it stands for. */
export interface Finished {
  readonly index: number
  readonly row: unknown
}

type StoredHistory = { readonly index: number; readonly row: Uint8Array }
/** The keys in the cold database of a row that is in history no more. */
type Gone = { readonly keys: readonly string[] }

/**
 * The finished rows of a shard, in the cold database. No batch spans it and the hot one, so a crash
 * between them must leave neither a row too few nor one too many:
 *
 * - what comes is written here first, with the index that it stands for; read back after a crash it
 *   may be ahead of the rows, and says so;
 * - what goes is marked in the hot batch that takes it from the rows, and deleted here after it; the
 *   mark goes with the next batch. Deletions that a crash cut off are made up for when a leader loads.
 */
export class History {
  readonly #options: HistoryOptions
  /** Marks of what is deleted. */
  readonly #settled: string[] = []

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  /** Deletes what is only marked. */
  load(done: (error?: RuntimeError) => void): void {
    const { hot, cold, shard } = this.#options
    const marks: string[] = []
    const keys: string[] = []
    const visit = (mark: string, value: Uint8Array): void => {
      marks.push(mark)
      keys.push(...(decodeValue(FORMATS.gone, value) as Gone).keys)
    }
    hot.scan(goneRange(shard), visit, (error) => {
      if (error || marks.length === 0) return done(error)
      cold.write(keys.map(deletion), (failure) => {
        if (failure) return // The store has failed; the node ends, and the marks are still there.
        this.#settled.push(...marks)
        done()
      })
    })
  }

  read(kind: DurableKind, id: string): Finished | undefined {
    const { cold, shard } = this.#options
    const value = kind.finished && cold.get(historyKey(shard, kind.kind, id))
    if (!value) return undefined
    return decodeHistory(kind, value)
  }

  /** Where a row stands in lists, if it is finished. */
  listing(kind: DurableKind, id: string, row: unknown): string | undefined {
    if (row === undefined || kind.finished?.(row) !== true) return undefined
    const listed = kind.listed?.(row)
    return listed && listingKey(this.#options.shard, listed.atMs, id)
  }

  /** For the cold database, before the rows. */
  put(kind: DurableKind, id: string, { index, row }: Finished): readonly Op[] {
    const key = historyKey(this.#options.shard, kind.kind, id)
    const value = encodeValue(FORMATS.history, { index, row: encodeValue(kind, row) })
    const listing = this.listing(kind, id, row)
    const summary = kind.listed?.(row).summary
    if (!listing) return [{ type: 'put', key, value }]
    const listed = encodeValue(FORMATS.summary, summary)
    return [
      { type: 'put', key, value },
      { type: 'put', key: listing, value: listed },
    ]
  }

  /** For the hot database, with the rows, and for the cold one after them. */
  remove(kind: DurableKind, id: string, listing: string): Removal {
    const { shard } = this.#options
    const keys = [historyKey(shard, kind.kind, id), listing]
    const mark = goneKey(shard, kind.kind, id)
    return {
      mark: { type: 'put', key: mark, value: encodeValue(FORMATS.gone, { keys } satisfies Gone) },
      deletions: keys.map(deletion),
      settled: () => void this.#settled.push(mark),
    }
  }

  /** For the hot database: marks that are needed no more. */
  settle(): readonly Op[] {
    return this.#settled.splice(0).map(deletion)
  }
}

/** What `put` has written. */
export function decodeHistory(kind: DurableKind, value: Uint8Array): Finished {
  const { index, row } = decodeValue(FORMATS.history, value) as StoredHistory
  return { index, row: decodeValue(kind, row) }
}

export interface Removal {
  readonly mark: Op
  readonly deletions: readonly Op[]
  /** To be called once they are durable. */
  settled(): void
}

export function deletion(key: string): Op {
  return { type: 'delete', key }
}
