import { assert, RuntimeError } from '../../errors.ts'
import { decodeValue, encodeValue } from '../../storage/format.ts'
import type { Op, Store } from '../../storage/store.ts'
import type { Base, Chain, Entry } from '../entry.ts'
import { FORMATS } from '../formats.ts'
import { metaKey, recordKey, recordRange } from '../keys.ts'
import { emptyReplica, type Replica } from './replica.ts'

/** The entries of one append, as one value in the store. */
type LogRecord = { readonly first: number; readonly last: number }

type StoredMeta = Readonly<Record<'promised' | 'normal' | 'applied' | 'base', number>> & {
  readonly baseHash: Uint8Array
}
type StoredRecord = {
  readonly first: number
  readonly epochs: readonly number[]
  readonly entries: readonly Uint8Array[]
}

/** How one shard's log stands in the store: which records there are, and what to write next. */
export class LogDisk {
  readonly #shard: number
  #records: LogRecord[] = []

  constructor(shard: number) {
    this.#shard = shard
  }

  /**
   * Reads the copy back. A gap, or an entry that is there twice, is `STORE_CORRUPT`: a log with a
   * hole is never served.
   */
  load(
    store: Store,
    chain: Chain,
    genesis: Base,
    loaded: (replica: Replica | RuntimeError) => void,
  ): void {
    const meta = this.#meta(store)
    const empty = emptyReplica(
      this.#shard,
      meta ? { index: meta.base, hash: meta.baseHash } : genesis,
    )
    const tail: Entry[] = []
    let broken: RuntimeError | undefined
    const visit = (_key: string, value: Uint8Array): boolean => {
      const record = decodeValue(FORMATS.record, value) as StoredRecord
      broken = this.#read(record, empty.base, tail, chain)
      return broken === undefined
    }
    store.scan(recordRange(this.#shard), visit, (error) => {
      const failure = error ?? broken
      if (failure) return loaded(failure)
      loaded(meta ? { ...empty, ...numbersOf(meta), tail } : { ...empty, tail })
    })
  }

  #meta(store: Store): StoredMeta | undefined {
    const value = store.get(metaKey(this.#shard))
    return value && (decodeValue(FORMATS.copy, value) as StoredMeta)
  }

  #read(record: StoredRecord, base: Base, tail: Entry[], chain: Chain): RuntimeError | undefined {
    const { first, entries, epochs } = record
    this.#records.push({ first, last: first + entries.length - 1 })
    const expected = base.index + tail.length + 1
    if (first > expected) return hole(this.#shard, expected, first)
    if (first < expected && tail.length > 0) return twice(this.#shard, first)
    for (const [at, bytes] of entries.entries()) {
      const index = first + at
      if (index <= base.index) continue // The rest of a record that was dropped in part.
      const epoch = epochs[at]
      assert(epoch !== undefined, 'a record names the epoch of each entry')
      const hash = chain(tail.at(-1)?.hash ?? base.hash, index, epoch, bytes)
      tail.push({ index, epoch, bytes, hash })
    }
    return undefined
  }

  /** Entries that follow the ones on disk, as one record. */
  appended(entries: readonly Entry[]): readonly Op[] {
    const [first] = entries
    if (!first) return []
    this.#records.push({ first: first.index, last: first.index + entries.length - 1 })
    const record: StoredRecord = {
      first: first.index,
      epochs: entries.map(({ epoch }) => epoch),
      entries: entries.map(({ bytes }) => bytes),
    }
    const value = encodeValue(FORMATS.record, record)
    return [{ type: 'put', key: recordKey(this.#shard, first.index), value }]
  }

  /** All records go, these entries come. */
  replaced(entries: readonly Entry[]): readonly Op[] {
    const deletes = this.#drop(() => true)
    return [...deletes, ...this.appended(entries)]
  }

  /** The records that hold nothing beyond `index` go. */
  truncated(index: number): readonly Op[] {
    return this.#drop(({ last }) => last <= index)
  }

  meta(replica: Replica): Op {
    const { promised, normal, applied, base } = replica
    const stored: StoredMeta = { promised, normal, applied, base: base.index, baseHash: base.hash }
    return { type: 'put', key: metaKey(this.#shard), value: encodeValue(FORMATS.copy, stored) }
  }

  #drop(goes: (record: LogRecord) => boolean): Op[] {
    const [gone, kept] = [this.#records.filter(goes), this.#records.filter((r) => !goes(r))]
    this.#records = kept
    return gone.map(({ first }) => ({ type: 'delete', key: recordKey(this.#shard, first) }))
  }
}

function numbersOf({
  promised,
  normal,
  applied,
}: StoredMeta): Pick<Replica, 'promised' | 'normal' | 'applied'> {
  return { promised, normal, applied }
}

function twice(shard: number, index: number): RuntimeError {
  const message = `Cannot read the log of shard ${shard}: entry ${index} is there twice`
  return new RuntimeError('STORE_CORRUPT', message, { details: { shard, index } })
}

function hole(shard: number, expected: number, found: number): RuntimeError {
  const message = `Cannot read the log of shard ${shard}: entries ${expected} to ${found - 1} are missing`
  return new RuntimeError('STORE_CORRUPT', message, { details: { shard, expected, found } })
}
