/** One decision in a log: its events, as they were encoded once, by the leader. */
export interface Entry {
  readonly index: number
  /** The epoch whose leader appended it. */
  readonly epoch: number
  /** The encoded events; none for the entry that opens an epoch. */
  readonly bytes: Uint8Array
  /** SHA-256 over the previous entry's hash, this entry's place and its bytes. */
  readonly hash: Uint8Array
}

/** Hashes one entry onto the chain. Handed in, because hashing is the world's. */
export type Chain = (
  previous: Uint8Array,
  index: number,
  epoch: number,
  bytes: Uint8Array,
) => Uint8Array

/** What stands before the first entry of every log. */
export const GENESIS_HASH = new Uint8Array(32)

/** The place a log starts from: everything up to and including `index` is only in the rows. */
export interface Base {
  readonly index: number
  readonly hash: Uint8Array
}
