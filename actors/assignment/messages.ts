import type { StoreId } from '../../runtime/storage/store-id.ts'
import type { TaskSpec } from '../task/spec.ts'
import type { Loss, Outcome, Output, TaskId } from '../task/task.ts'

/**
 * What passes between the exchange of a node that leads shards and the slots of a node that runs
 * work; on one node, over the same transport. Any of it may be late, lost, doubled or reordered.
 */
export interface Token {
  readonly task: TaskId
  readonly attempt: number
}

export type ToSlots =
  /** There is unmatched work of these sorts; an empty list takes it back. */
  | { readonly type: 'wanted'; readonly sorts: readonly Sort[] }
  /** Committed: run it. Sent again with a renewal's answer until it is listed. */
  | {
      readonly type: 'assign'
      readonly credit: number
      readonly boot: number
      readonly token: Token
      readonly spec: TaskSpec
      readonly startToCloseMs: number
      readonly leashMs: number | 'unlimited'
    }
  | {
      readonly type: 'renewed'
      readonly sequence: number
      readonly keep: readonly Token[]
      readonly leashMs: number | 'unlimited'
    }
  /** The leader wants this attempt to stop. Repeated with renewals until it has. */
  | {
      readonly type: 'end'
      readonly token: Token
      readonly reason: 'cancelled' | 'timed-out' | 'stale'
    }
  /** What became of `finished` or `lost`: it may be forgotten now. */
  | { readonly type: 'answered'; readonly token: Token; readonly verdict: 'accepted' | 'stale' }

export type ToExchange =
  /** One free slot, promised to this leader node alone for 500 ms from when it was sent. */
  | {
      readonly type: 'credit'
      readonly credit: number
      readonly boot: number
      readonly node: string
      readonly kinds: readonly string[]
      readonly labels: readonly string[]
      readonly sentMs: number
    }
  | { readonly type: 'started'; readonly token: Token; readonly boot: number }
  | { readonly type: 'finished'; readonly token: Token; readonly outcome: Outcome }
  | ({
      readonly type: 'lost'
      readonly token: Token
      readonly how: Loss
      readonly why: string
    } & Output)
  /** Every attempt of this store, each 10 s and at once after a restart: what is missing was never started, or is over. */
  | {
      readonly type: 'renew'
      readonly sequence: number
      readonly boot: number
      readonly held: readonly Token[]
    }

/** What a slot must be to run it. */
export interface Sort {
  readonly kind: string
  readonly requires: readonly string[]
  readonly priority: number
}

/** A message as its receiver hears it: with the store that sent it. */
export type Heard<M> = M extends unknown ? M & { readonly from: StoreId } : never

export function keyOf({ task, attempt }: Token): string {
  return `${task}/${attempt}`
}
