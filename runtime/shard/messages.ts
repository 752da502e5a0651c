import type { StoreId } from '../storage/store-id.ts'
import type { Base, Entry } from './entry.ts'

/**
 * What passes between the leader of an epoch and the stores that keep the shard. Each may be late,
 * lost or doubled: every one names its epoch, and all of them may be sent again.
 */
export type ShardMessage = { readonly shard: number; readonly epoch: number } & (
  | { readonly type: 'seal' }
  | {
      readonly type: 'sealed'
      /** Epoch of the last install that this copy took. With `last` it orders the copies. */
      readonly normal: number
      readonly last: number
      readonly base: number
      readonly applied: number
    }
  | { readonly type: 'install'; readonly base: Base; readonly entries: readonly Entry[] }
  | { readonly type: 'installed'; readonly last: number }
  | { readonly type: 'append'; readonly entries: readonly Entry[]; readonly commit: number }
  | { readonly type: 'appended'; readonly last: number }
  /** Does this store still know of no newer epoch? One round serves all reads that wait. */
  | { readonly type: 'confirm'; readonly round: number }
  | { readonly type: 'confirmed'; readonly round: number }
  /** The store has promised a newer epoch: whoever sent an older one leads no more. */
  | { readonly type: 'refused'; readonly promised: number }
)

export interface Outgoing {
  readonly to: StoreId
  readonly message: ShardMessage
}
