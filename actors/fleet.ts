import type { Task, TaskId, TaskState, Attempt } from './task/task.ts'
import type { TaskSpec } from './task/spec.ts'
import type { BulkFilter } from './task/command.ts'
import type { Receipt, Verdict } from '../runtime/shard/machine.ts'

/**
 * What the doors (gRPC, console, HTTP) can ask of the fleet through this node. Every method may
 * throw a `RuntimeError`; nothing here is specific to one door. No task that is told here has the
 * values of variables that look like secrets (`shownTask`).
 */
export interface Fleet {
  submit(request: SubmitRequest): Promise<Submitted>
  /** Linearizable, at the shard's leader. Throws `NOT_FOUND`. */
  task(id: TaskId): Promise<Task>
  /** Why it waits, or what became of it, with what was considered. */
  explain(id: TaskId): Promise<Explanation>
  list(query: ListQuery): Promise<TaskPage>
  act(request: ActRequest): Promise<Task>
  /** Resumable: repeat with the same arguments until it is done. */
  bulk(
    request: BulkRequest,
    progress: (changed: number) => void,
  ): Promise<{ readonly changed: number }>
  pauseProject(project: string, paused: boolean, by: string): Promise<void>
  /**
   * Tells of every committed change of the tasks that match, from now on, in commit order per task.
   * A listener that is slow gets the newest state of each task, not every one between.
   */
  watch(filter: WatchFilter, listener: (task: Task) => void): Subscription
  /** The output of an attempt from a byte offset on, live until it ends. Never throws: see `failed`. */
  output(request: OutputRequest, sink: OutputSink): Following
  /** Whether this receipt was given for a committed entry. */
  verify(receipt: Receipt): Promise<Verdict>
  status(): Promise<FleetStatus>
  /** How many tasks are in which state: what `status` says of them, at once. */
  counts(): Readonly<Record<TaskState, number>>
  /** Why this node takes no tasks now, as a clause; `undefined` when it does. Known at once. */
  unready(): string | undefined
}

export interface Subscription {
  close(): void
}

export interface SubmitRequest {
  readonly project: string
  /** Already parsed and bounded (`parseSpec`). More than one is all or none. */
  readonly specs: readonly TaskSpec[]
  /** Ids for the specs, when an `after` of this batch must name them; default: made here. */
  readonly ids?: readonly TaskId[]
  readonly key: string
  readonly try: number
  readonly by: string
  /** Absolute, monotonic clock. Default: 3 s from now. */
  readonly deadlineMs?: number
}

export interface Submitted {
  readonly ids: readonly TaskId[]
  /** The same key was answered before. */
  readonly repeated: boolean
  readonly receipt: Receipt
  /** How many copies of the shard are fsynced: 1 of 1 on a single node. */
  readonly copies: number
}

export interface ListQuery {
  readonly project?: string
  readonly states?: readonly TaskState[]
  readonly label?: string
  /** 1 to 200 [50]. */
  readonly limit: number
  /** From the page before; opaque. */
  readonly cursor?: string
}

export interface TaskSummary {
  readonly id: TaskId
  readonly project: string
  readonly kind: string
  readonly title: string
  readonly state: TaskState
  readonly reason: string
  readonly priority: number
  readonly attempt: number
  readonly node?: string
  readonly exitCode?: number
  readonly labels?: readonly string[]
  /** The task that does this ended one again. */
  readonly retriedAs?: TaskId
  readonly createdMs: number
  readonly updatedMs: number
}

export interface TaskPage {
  /** Newest change first, then by id. */
  readonly tasks: readonly TaskSummary[]
  readonly cursor?: string
  readonly counts: Readonly<Record<TaskState, number>>
  /** Shards that did not answer within 500 ms: their tasks are missing here. */
  readonly missing: readonly number[]
}

export interface ActRequest {
  readonly action: 'cancel' | 'pause' | 'resume' | 'retry' | 'prioritize'
  readonly id: TaskId
  readonly by: string
  /** For `prioritize`. */
  readonly priority?: number
}

export interface BulkRequest {
  readonly action: 'cancel' | 'pause' | 'resume' | 'retry'
  readonly filter: BulkFilter
  readonly by: string
}

export interface WatchFilter {
  readonly ids?: readonly TaskId[]
  readonly project?: string
}

export interface OutputRequest {
  readonly id: TaskId
  /** Default: the newest. */
  readonly attempt?: number
  readonly fromOffset: number
  /** `false`: what there is now, then the end. */
  readonly follow: boolean
}

export interface OutputSink {
  /** `offset` is that of the chunk's first byte. Return `false` to be paused until `resume`. */
  bytes(offset: number, chunk: Uint8Array): boolean
  /** Nothing more will come: the attempt ended, or its output is gone. */
  end(attempt: Attempt | undefined): void
  /** In place of `end`: there is no such task, its shard does not answer, or a blob is damaged. */
  failed(failure: Error): void
}

export interface Following {
  resume(): void
  close(): void
}

export interface Explanation {
  readonly task: Task
  /** One line. */
  readonly why: string
  /** Each node considered, and what speaks for or against it. */
  readonly considered: readonly {
    readonly node: string
    readonly fits: boolean
    readonly why: string
  }[]
  /** Tasks ahead of it in its project. */
  readonly ahead: number
}

export interface FleetStatus {
  readonly version: string
  readonly clusterId: string
  readonly node: string
  readonly storeId: string
  readonly boot: number
  readonly upMs: number
  readonly nodes: readonly NodeStatus[]
  readonly counts: Readonly<Record<TaskState, number>>
  readonly shards: { readonly total: number; readonly active: number; readonly copies: number }
  readonly health: readonly HealthNote[]
  readonly addresses: { readonly console: string; readonly admin: string }
}

export interface NodeStatus {
  readonly node: string
  readonly storeId: string
  readonly status: 'alive' | 'degraded' | 'suspect' | 'dead' | 'draining' | 'left'
  readonly labels: readonly string[]
  readonly slots: number
  readonly busy: number
  readonly cpuPercent: number
  readonly memoryBytes: number
  readonly memoryTotalBytes: number
  readonly diskFreeBytes: number
  readonly loopLagMs: number
  /** Why it starts no task, whatever its slots; as a clause. */
  readonly startsNothing?: string
}

/** How one part is; what is not as it should be, and what would fix it. */
export interface HealthNote {
  readonly component: string
  /** `info`: worth knowing, and as it should be. */
  readonly level: 'ok' | 'info' | 'warning' | 'failing'
  readonly message: string
  readonly fix?: string
}
