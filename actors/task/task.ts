import type { Event } from '../../runtime/shard/machine.ts'
import type { Transcript } from '../output/transcript.ts'
import type { TaskSpec } from './spec.ts'

/** `t<shard>-<ulid>`, as `t07-01J…`: any node routes it without a directory. */
export type TaskId = string

/**
 * Where a task is in its life. The last five are ends; from an end only a person's `retry` leads
 * out, as a new task.
 */
export type TaskState = (typeof TASK_STATES)[number]

export const TASK_STATES = [
  'suspended', // Waits for other tasks.
  'scheduled', // Waits for a moment: a delay, a retry's backoff, a limit that lifts.
  'available', // Waits for a slot.
  'assigned', // A node was chosen and has not said yet that it started.
  'executing',
  'waiting_human', // A person has to decide; its clocks stand still.
  'completed',
  'failed',
  'cancelled',
  'expired',
  'discarded', // Its retries are used up: the dead letters of the queue.
] as const

export const ENDED: ReadonlySet<TaskState> = new Set([
  'completed',
  'failed',
  'cancelled',
  'expired',
  'discarded',
])

/** Why an attempt ended, or could not; decides whether another one follows. */
export type OutcomeClass =
  | 'ok'
  | 'exit' // The command said no: `code` tells. Retried only if the caller asked for retries.
  | 'crash' // Killed by a signal nobody here sent, or could not be run.
  | 'timeout'
  | 'lost' // The node, its holder or its credit went away: `Loss` says how.
  | 'transient'
  | 'cancelled'
  | 'invalid' // Cannot ever run as it is, such as a missing workdir: never retried.
  | 'unknown' // It may have run: with `onLost: ask` a person decides.

/** How an attempt was lost, which decides what follows. */
export type Loss =
  | 'unstarted' // It never ran: to the line again at once.
  | 'ended' // Its own node ended it, as a leash does: to the line at once, or a person is asked.
  | 'died' // Its node or holder went away under it: a retry, or a person is asked.

/** What an attempt wrote. */
export interface Output {
  /** All of it, kept or not. */
  readonly outputBytes?: number
  /** What was kept of it, if anything was; on the outcome of an attempt, not on that of its task. */
  readonly transcript?: Transcript
}

export interface Outcome extends Output {
  readonly class: OutcomeClass
  /** The command's exit code, when it had one. */
  readonly code?: number
  readonly signal?: string
  /** One line for a person. */
  readonly message?: string
}

export interface Attempt {
  /** k, from 1. With the task id it is the fencing token. */
  readonly attempt: number
  readonly store: string
  readonly boot: number
  readonly node: string
  readonly assignedMs: number
  readonly startedMs?: number
  readonly endedMs?: number
  readonly outcome?: Outcome
}

export interface Dependency {
  readonly id: TaskId
  /** Where it is another one than the dependent's, once its shard has said so. */
  readonly project?: string
  /** `unknown`: it never was, or was forgotten. `waived`: a person lets the task go on without it. */
  readonly state: 'waiting' | 'completed' | 'failed' | 'unknown' | 'waived'
}

/** A task's row. Never changed in place. */
export interface Task {
  readonly id: TaskId
  readonly project: string
  readonly spec: TaskSpec
  readonly by: string
  readonly state: TaskState
  /** Why it waits or how it ended, as one line for a person. */
  readonly reason: string
  readonly createdMs: number
  readonly updatedMs: number
  /** Its place in line: when it first waited for a slot; kept through retries. */
  readonly enqueuedMs: number
  /** Raised by every event: the token of optimistic edits, and of timers. */
  readonly version: number
  /** When the state's own timer is due, wall clock; a timer armed for another `version` is stale. */
  readonly dueMs?: number
  /** For `scheduled`: when it may run, wall clock. */
  readonly wakeMs?: number
  /** It expires if it has not ended by then; wall clock. */
  readonly totalDueMs: number
  /** It expires if it has not started for the first time by then; there once it waits for a slot. */
  readonly startDueMs?: number
  /** Since when its clocks stand still, because it is paused or waits for a person. */
  readonly stoppedMs?: number
  readonly dependencies: readonly Dependency[]
  /** Tasks of any project that wait for this one; those of other shards are told by letter. */
  readonly dependents: readonly TaskId[]
  readonly paused: boolean
  /** Someone asked to cancel while an attempt runs. */
  readonly cancelling: boolean
  /** Number of the current or last attempt; 0 before the first. */
  readonly attempt: number
  /** The newest ten. */
  readonly attempts: readonly Attempt[]
  readonly retriesUsed: number
  readonly outcome?: Outcome
  /** The ended task that this one does again, and the one that does this one again. */
  readonly retryOf?: TaskId
  readonly retriedAs?: TaskId
  /** What came of an attempt that was no longer the current one: kept, never the result. */
  readonly lateResults?: readonly { readonly attempt: number; readonly outcome: Outcome }[]
}

export type TaskEvent = Event & { readonly kind: 'task' } & (
    | { readonly type: 'submitted'; readonly task: Task }
    | { readonly type: 'released' } // What it waited for is there: other tasks, its moment, a person.
    | { readonly type: 'dependencyHeard'; readonly dependency: Dependency } // How it is now.
    | { readonly type: 'dependentAdded' | 'dependentRemoved'; readonly dependent: TaskId }
    | {
        readonly type: 'assigned'
        readonly attempt: number
        readonly store: string
        readonly boot: number
        readonly node: string
      }
    | { readonly type: 'started'; readonly attempt: number }
    | {
        readonly type: 'attemptEnded'
        readonly attempt: number
        readonly outcome: Outcome
        /** What follows, decided by the leader. */
        readonly next: {
          readonly state: TaskState
          readonly reason: string
          /** For `scheduled`: when it may be tried again. */
          readonly wakeMs?: number
          readonly retryUsed: boolean
        }
      }
    | { readonly type: 'cancelRequested'; readonly by: string }
    | { readonly type: 'cancelled'; readonly by: string }
    | { readonly type: 'expired'; readonly reason: string }
    | { readonly type: 'paused'; readonly by: string }
    | { readonly type: 'resumed'; readonly by: string }
    | { readonly type: 'prioritized'; readonly priority: number; readonly by: string }
    | { readonly type: 'lateResult'; readonly attempt: number; readonly outcome: Outcome }
    | { readonly type: 'retried'; readonly as: TaskId } // It has ended, and is done again.
    | { readonly type: 'forgotten' }
  )
