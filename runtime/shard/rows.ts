import { assert } from '../errors.ts'
import { decodeValue, encodeValue } from '../storage/format.ts'
import type { Op, Store } from '../storage/store.ts'
import type { Change, DurableKind, Event } from './machine.ts'
import { deletion, History, type Removal } from './history.ts'
import { liveKey, liveRange } from './keys.ts'

/** Rows of the disk that are kept for the next look. */
const LOOKED_MAX = 256

export interface RowsOptions {
  readonly shard: number
  readonly kinds: Readonly<Record<string, DurableKind>>
  readonly hot: Store
  readonly cold: Store
}

/** What a flush writes, one after the other: finished rows, then all others with the index, then what leaves history. */
export interface Flush {
  readonly cold: readonly Op[]
  readonly hot: readonly Op[]
  readonly deletions: readonly Op[]
  /** To be called once all three are durable. */
  flushed(): void
}

/**
 * A shard's state: one row for each durable actor. Live rows are in memory; rows that are finished,
 * or only looked up, are read from the store.
 *
 * Memory holds the rows as the whole log leaves them, the uncommitted tail included. The disk gets
 * only what is committed, later, together with the index it stands for.
 */
export class Rows {
  readonly #options: RowsOptions
  /** kind → id → row. */
  readonly #live = new Map<string, Map<string, unknown>>()
  /** Rows that are not in `#live` and newer here than on disk; `undefined` for a removed one. */
  readonly #recent = new Map<string, unknown>()
  /** Rows that were read from the disk, and that there are none: a decision looks more than once. */
  readonly #looked = new Map<string, unknown>()
  /** Committed and not yet flushed: the newest change of each row. */
  #dirty = new Map<string, Dirty>()
  readonly #history: History

  constructor(options: RowsOptions) {
    this.#options = options
    this.#history = new History(options)
    for (const kind of Object.keys(options.kinds)) this.#live.set(kind, new Map())
  }

  /** Reads the live rows into memory. */
  load(done: (error?: Error) => void): void {
    const kinds = Object.values(this.#options.kinds).filter((kind) => !kind.lookup)
    const next = (at: number): void => {
      const kind = kinds[at]
      if (!kind) return this.#history.load(done)
      const rows = this.#of(kind.kind)
      const range = liveRange(this.#options.shard, kind.kind)
      const visit = (key: string, value: Uint8Array): void => {
        rows.set(key.slice(range.gte.length), decodeValue(kind, value))
      }
      this.#options.hot.scan(range, visit, (error) => (error ? done(error) : next(at + 1)))
    }
    next(0)
  }

  row(kind: string, id: string): unknown {
    const live = this.#of(kind).get(id)
    if (live !== undefined) return live
    const key = liveKey(this.#options.shard, kind, id)
    if (this.#recent.has(key)) return this.#recent.get(key)
    if (this.#looked.has(key)) return this.#looked.get(key)
    const row = this.#stored(kind, id)
    if (this.#looked.size >= LOOKED_MAX) this.#looked.clear()
    this.#looked.set(key, row)
    return row
  }

  loaded(kind: string, id: string): unknown {
    return this.#of(kind).get(id)
  }

  rows(kind: string): Iterable<readonly [string, unknown]> {
    return this.#of(kind)
  }

  /** Folds one entry's events into the rows in memory, and tells what each did. */
  apply(events: readonly Event[]): Change[] {
    return events.map((event) => {
      const kind = this.#kind(event.kind)
      const before = this.row(event.kind, event.id)
      const after = kind.fold(before, event)
      this.#set(kind, event.id, after)
      return { kind: event.kind, id: event.id, before, after, event }
    })
  }

  /**
   * Folds one committed entry of a log that is read back. A crash between the two databases leaves
   * history ahead of the rows: what a finished row already holds is not folded into it again.
   */
  replay(events: readonly Event[], index: number): void {
    for (const event of events) {
      const ahead = this.#history.read(this.#kind(event.kind), event.id)
      if (ahead && ahead.index >= index) this.#finish(event, ahead.row)
      else this.commit(this.apply([event]))
    }
  }

  #finish({ kind, id }: Event, row: unknown): void {
    this.#set(this.#kind(kind), id, row)
    const key = liveKey(this.#options.shard, kind, id)
    const listed = this.#history.listing(this.#kind(kind), id, row)
    this.#dirty.set(key, { kind, id, row, listed })
  }

  /** These changes are committed: the next flush writes them. */
  commit(changes: readonly Change[]): void {
    for (const { kind, id, before, after } of changes) {
      const key = liveKey(this.#options.shard, kind, id)
      const known = this.#dirty.get(key)
      const listed = known ? known.listed : this.#history.listing(this.#kind(kind), id, before)
      this.#dirty.set(key, { kind, id, row: after, listed })
    }
  }

  get dirtyCount(): number {
    return this.#dirty.size
  }

  /**
   * Takes what is committed and unwritten. One flush at a time.
   *
   * @param applied the index up to which everything is committed; kept beside finished rows.
   */
  flush(applied: number): Flush {
    const taken = this.#dirty
    this.#dirty = new Map()
    const into: Flushing = { cold: [], hot: [...this.#history.settle()], removals: [], applied }
    for (const [key, dirty] of taken) this.#write(key, dirty, into)
    const { cold, hot, removals } = into
    const flushed = (): void => {
      for (const [key, { row }] of taken) {
        if (this.#recent.get(key) === row && !this.#dirty.has(key)) this.#recent.delete(key)
      }
      for (const removal of removals) removal.settled()
    }
    return { cold, hot, deletions: removals.flatMap((each) => each.deletions), flushed }
  }

  #write(key: string, { kind: name, id, row, listed }: Dirty, into: Flushing): void {
    const kind = this.#kind(name)
    const finished = row !== undefined && kind.finished?.(row) === true
    if (finished) {
      const moved = listed !== undefined && listed !== this.#history.listing(kind, id, row)
      if (moved) into.cold.push(deletion(listed))
      into.cold.push(...this.#history.put(kind, id, { index: into.applied, row }))
    } else if (listed !== undefined) {
      const removal = this.#history.remove(kind, id, listed)
      into.hot.push(removal.mark)
      into.removals.push(removal)
    }
    const lives = row !== undefined && !finished
    into.hot.push(lives ? { type: 'put', key, value: encodeValue(kind, row) } : deletion(key))
  }

  #set(kind: DurableKind, id: string, row: unknown): void {
    const live = this.#of(kind.kind)
    const key = liveKey(this.#options.shard, kind.kind, id)
    this.#looked.delete(key)
    if (row !== undefined && !kind.lookup && kind.finished?.(row) !== true) {
      live.set(id, row)
      this.#recent.delete(key)
      return
    }
    live.delete(id)
    this.#recent.set(key, row)
  }

  #stored(kind: string, id: string): unknown {
    const { hot, shard } = this.#options
    const durable = this.#kind(kind)
    if (!durable.lookup) return this.#history.read(durable, id)?.row
    const value = hot.get(liveKey(shard, kind, id))
    return value && decodeValue(durable, value)
  }

  #of(kind: string): Map<string, unknown> {
    const rows = this.#live.get(kind)
    assert(rows, `the kind "${kind}" is in the table of kinds`)
    return rows
  }

  #kind(name: string): DurableKind {
    const kind = this.#options.kinds[name]
    assert(kind, `the kind "${name}" is in the table of kinds`)
    return kind
  }
}

type Flushing = {
  readonly hot: Op[]
  readonly cold: Op[]
  readonly removals: Removal[]
  readonly applied: number
}
type Dirty = {
  readonly kind: string
  readonly id: string
  readonly row: unknown
  /** Where the row on disk is listed in history, if it is. */
  readonly listed: string | undefined
}
