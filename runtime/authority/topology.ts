import type { StoreId } from '../storage/store-id.ts'

/** The number of shards, for ever: a task id carries its shard. */
export const SHARD_COUNT = 64

/** The only document that consensus is run on: who may write what. */
export interface Topology {
  /** Raised by one with each decided change. */
  readonly revision: number
  readonly clusterId: string
  /** What entry and message formats may be written: the oldest that every store can read. */
  readonly level: number
  readonly voters: readonly StoreId[]
  readonly coordinator: { readonly store: StoreId; readonly boot: number; readonly term: number }
  readonly stores: Readonly<Record<StoreId, StoreEntry>>
  /** Exactly `SHARD_COUNT` rows. */
  readonly shards: readonly ShardRow[]
}

export interface StoreEntry {
  readonly node: string
  readonly address: string
  /** The last start of this store that the authority knows; an older one is refused. */
  readonly boot: number
  /** A random id of that start: of two clones of one disk the second is refused. */
  readonly bootId: string
  readonly status: 'up' | 'draining' | 'removed'
  /** SHA-256 of the store's public identity key (SPKI), base64url: the peers' allow-list. */
  readonly keyHash: string
}

export interface ShardRow {
  /** Number of one leadership; belongs to exactly one (leader, leaderBoot). */
  readonly epoch: number
  readonly status: 'recovering' | 'active'
  readonly leader: StoreId
  readonly leaderBoot: number
  readonly replicas: readonly StoreId[]
  /** The last active replica set: what a seal needs a majority of. */
  readonly previous: readonly StoreId[]
}

/** How many of `count` make a quorum. */
export function majority(count: number): number {
  return Math.floor(count / 2) + 1
}
