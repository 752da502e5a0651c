import type { RuntimeError } from '../errors.ts'
import type { Format } from '../storage/format.ts'

/**
 * What a shard is a log of. The floor above supplies it; the shard knows only rows and events.
 *
 * The leader decides a command against the rows as its whole log leaves them, the not yet
 * committed tail included, and appends the events. Every replica folds the same events into the
 * same rows. Nothing leaves (no reply, no message, no read) before the entry is committed.
 */
export interface Machine<Command = unknown> {
  /** Every durable kind, by name. */
  readonly kinds: Readonly<Record<string, DurableKind>>
  /** Called when this store's leadership of a shard becomes active, with all its live rows loaded. */
  lead(shard: Shard<Command>): Leading<Command>
}

/** One sort of durable actor: how its rows are made of its events. */
export interface DurableKind<Row = unknown, E extends Event = Event> extends Format {
  /**
   * The row after `event`; `undefined` removes it. Pure: reads no clock, no chance, no
   * configuration. Throws `AssertionError` on an event that the row does not allow: that stops the
   * shard and raises an alarm.
   */
  fold(row: Row | undefined, event: E): Row | undefined
  /** Rows that end up in history: not loaded at activation, kept in the cold database. */
  finished?(row: Row): boolean
  /**
   * `true` for rows that are only ever looked up by id, such as idempotency keys: they stay in the
   * hot database and are not loaded at activation.
   */
  readonly lookup?: boolean
  /** What is written of an event, where that is not the event itself; pure, undone by `wholeEvent`. */
  briefEvent?(event: E): unknown
  wholeEvent?(brief: unknown): E
  /** How a finished row stands in lists: its moment and what a page shows of it. */
  listed?(row: Row): { readonly atMs: number; readonly summary: unknown }
}

/** A fact, decided by a leader. A plain value; `atMs` is the leader's wall clock. */
export interface Event {
  readonly kind: string
  readonly id: string
  readonly type: string
  readonly atMs: number
}

/** What one event did to one row. Rows are never changed in place. */
export interface Change {
  readonly kind: string
  readonly id: string
  readonly before: unknown
  readonly after: unknown
  readonly event: Event
}

/** Where in a log something is. */
export interface Position {
  readonly shard: number
  readonly epoch: number
  readonly index: number
}

/** The proof that an entry is committed: to be verified for as long as its shard keeps hashes of old entries. */
export interface Receipt extends Position {
  /** Chain hash of the log up to and including the entry, hex. */
  readonly hash: string
}

/** What a shard says of a receipt: it was given, it was not, or it is too old for anybody to say. */
export type Verdict = 'true' | 'false' | 'unknown'

/** What a leader's part may ask of its shard. */
export interface Shard<Command> {
  readonly shard: number
  readonly epoch: number
  /** The row with the whole log applied, the uncommitted tail included. Reads history rows too. */
  row(kind: string, id: string): unknown
  /** The row if it is loaded, that is neither `finished` nor a `lookup`: never reads the disk. */
  loaded(kind: string, id: string): unknown
  /** Visits the loaded rows of one kind (neither `finished` nor `lookup` ones). */
  rows(kind: string): Iterable<readonly [id: string, row: unknown]>
  /**
   * The wall clock by which events are stamped and timers fire; `undefined` while it is doubted:
   * then nothing is decided, no timer fires, and the leadership is about to end.
   */
  wallMs(): number | undefined
  /** Decides a command of the part itself, such as a timer that fired; false if it was not decided. */
  propose(command: Command): boolean
}

/** What the floor above keeps in memory for a shard it leads; thrown away with the leadership. */
export interface Leading<Command> {
  /** Pure but for the indexes it keeps of `decided` changes. Called in log order. */
  decide(command: Command, stamp: Stamp): Decision
  /** These changes are in the log, not yet committed: keep indexes, tell nobody. */
  decided(changes: readonly Change[]): void
  /** These changes are true: the world may be told. */
  committed(changes: readonly Change[], at: Position): void
  /** Leadership is lost: cancel timers, tell nobody any more. */
  stop(): void
}

export interface Stamp {
  readonly wallMs: number
  readonly epoch: number
  /** The index that the entry will have if events are decided. */
  readonly index: number
}

export interface Decision {
  /** Appended as one entry, atomically; none for a refusal or a read. */
  readonly events: readonly Event[]
  /** Released when the entry, or for no events the tail at this moment, is committed. */
  readonly reply: unknown
}

export type Answer = (result: Answered | RuntimeError) => void

export interface Answered {
  readonly reply: unknown
  /** Where the decision stands; for a decision without events, what it was decided upon. */
  readonly at: Receipt
}

/** The edge over which commands reach whoever leads a shard. */
export interface Shards<Command = unknown> {
  /**
   * Answers exactly once. `UNAVAILABLE` when the outcome is unknown; `NOT_LEADER` when it was
   * certainly not appended; `RESOURCE_EXHAUSTED` when the uncommitted tail is at its bound.
   *
   * @param deadlineMs on the monotonic clock.
   */
  command(shard: number, command: Command, deadlineMs: number, answer: Answer): void
  /** `NOT_LEADER`: somebody else is to be asked. */
  verify(receipt: Receipt, answer: (verdict: Verdict | RuntimeError) => void): void
}
