import type { RuntimeError } from '../errors.ts'

export type Op =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: string }

/** Keys in [gte, lt), in order of their UTF-8 bytes; `reverse` from the end. */
export interface KeyRange {
  readonly gte: string
  readonly lt: string
  readonly reverse?: boolean
  /** At most so many entries. Default: all of them. */
  readonly limit?: number
}

export type Done = (error?: RuntimeError) => void
/** Sees one entry of a scan; `false` ends it. */
export type Visit = (key: string, value: Uint8Array) => boolean | void

/**
 * An ordered map on a disk that may lie, and what every durable promise rests on.
 *
 * - A write is atomic, and durable (fsynced) before its `done` is called without an error. Writes
 *   asked for while one is under way join the next commit group: one batch, one fsync.
 * - `done` is called in the order of the calls, never before `write` returns.
 * - A read sees every write whose `done` was called, and none that was not yet handed to the disk.
 * - After a failed write its outcome is unknown, and every later write fails, until the directory
 *   is opened again.
 */
export interface Store {
  write(ops: readonly Op[], done?: Done): void
  /** The value last written under `key`. Throws `STORE_CORRUPT` rather than return wrong bytes. */
  get(key: string): Uint8Array | undefined
  /** Visits a snapshot taken now. A visitor that returns `false` ends it early. */
  scan(range: KeyRange, visit: Visit, done: Done): void
}

/** A callback's outcome as a promise. */
export function settled(ask: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    ask((error) => (error ? reject(error) : resolve()))
  })
}
