import type { Dependency, Loss, Outcome, Output, Task, TaskId, TaskState } from './task.ts'
import type { TaskSpec } from './spec.ts'

/** Everything that can be asked of a shard's leader. Plain values: they may come from another node. */
export type Command =
  | SubmitCommand
  | { readonly type: 'get'; readonly task: TaskId }
  | {
      readonly type: 'assign'
      readonly task: TaskId
      readonly version: number
      readonly store: string
      readonly boot: number
      readonly node: string
    }
  | { readonly type: 'start'; readonly task: TaskId; readonly attempt: number }
  | {
      readonly type: 'finish'
      readonly task: TaskId
      readonly attempt: number
      readonly outcome: Outcome
    }
  /** Nobody runs the attempt any more, and nobody knows its result. */
  | ({
      readonly type: 'lose'
      readonly task: TaskId
      readonly attempt: number
      readonly how: Loss
      /** One line for a person. */
      readonly why: string
    } & Output)
  | { readonly type: 'cancel' | 'pause' | 'resume'; readonly task: TaskId; readonly by: string }
  | {
      readonly type: 'prioritize'
      readonly task: TaskId
      readonly priority: number
      readonly by: string
    }
  /** A new task with the spec of an ended one, or another attempt for one that waits for a person. */
  | { readonly type: 'retry'; readonly task: TaskId; readonly by: string; readonly id: TaskId }
  /** One shard's share of a bulk action; at most 500 tasks an entry; repeated until `more` is false. */
  | {
      readonly type: 'bulk'
      readonly action: 'cancel' | 'pause' | 'resume'
      readonly filter: BulkFilter
      readonly by: string
    }
  | {
      readonly type: 'pauseProject' | 'resumeProject'
      readonly project: string
      readonly by: string
    }
  /** A timer of the shard's own. */
  | { readonly type: 'due'; readonly task: TaskId; readonly version: number }
  | { readonly type: 'forget'; readonly tasks: readonly TaskId[] }
  /** Of these keys: those that are older than a moment, and whose tasks are forgotten. */
  | { readonly type: 'forgetKeys'; readonly keys: readonly string[]; readonly beforeMs: number }
  | Notice

/** What the shards of a dependency and its dependent write each other, as letters: nobody waits for a reply. */
export type Notice =
  /** `dependent`, of the shard that writes, waits for `task`; or does no longer. */
  | {
      readonly type: 'subscribe' | 'unsubscribe'
      readonly task: TaskId
      readonly dependent: TaskId
    }
  /** The first answer: how the dependency of `task` is now. */
  | { readonly type: 'hear'; readonly task: TaskId; readonly dependency: Dependency }
  /** The dependency ended, after it was said to be waited for. */
  | {
      readonly type: 'settle'
      readonly task: TaskId
      readonly dependency: Dependency
      readonly how: TaskState
    }

export interface SubmitCommand {
  readonly type: 'submit'
  readonly project: string
  /** All or none; `after` may name ids of this batch. Ids carry this shard. */
  readonly tasks: readonly { readonly id: TaskId; readonly spec: TaskSpec }[]
  /** The same key gives the same answer. */
  readonly key: string
  /** 1 for the first time the client sends it. */
  readonly try: number
  /** Tasks of other shards that it waits for and that are not there, as the door has found. */
  readonly absent?: readonly TaskId[]
  /** SHA-256 of the canonical request: the same key with another body is refused. */
  readonly digest: string
  readonly by: string
}

export interface BulkFilter {
  readonly project?: string
  readonly states?: readonly TaskState[]
  readonly label?: string
}

/** Refusals are values: they too are answered only once the tail they were decided on is committed. */
export type Reply =
  | { readonly type: 'submitted'; readonly ids: readonly TaskId[]; readonly repeated: boolean }
  | { readonly type: 'task'; readonly task: Task }
  | {
      readonly type: 'attempt'
      readonly attempt: number
      readonly spec: TaskSpec
      /** How long it may run: what is left of the total timeout, if that is less. */
      readonly startToCloseMs: number
    }
  | { readonly type: 'accepted' }
  | { readonly type: 'stale' }
  | { readonly type: 'bulk'; readonly changed: number; readonly more: boolean }
  | { readonly type: 'done' }
  | Refusal

export interface Refusal {
  readonly type: 'refused'
  readonly code:
    | 'INVALID_ARGUMENT'
    | 'NOT_FOUND'
    | 'ALREADY_EXISTS'
    | 'FAILED_PRECONDITION'
    | 'RESOURCE_EXHAUSTED'
    | 'STORE_FULL'
  readonly message: string
  readonly retryAfterMs?: number
}

/** Refusals of the moment: they are not remembered, and say nothing of an earlier try. */
export const PASSING: ReadonlySet<string> = new Set<Refusal['code']>([
  'RESOURCE_EXHAUSTED',
  'STORE_FULL',
])
