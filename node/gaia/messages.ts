import type {
  ActRequest,
  BulkRequest,
  Explanation,
  FleetStatus,
  Submitted,
  TaskSummary,
} from '../../actors/fleet.ts'
import type { TaskSpec } from '../../actors/task/spec.ts'
import type { Attempt, Outcome, Task } from '../../actors/task/task.ts'
import type { DeadLetter } from '../../runtime/actor/dead-letters.ts'
import type { ActorMetrics } from '../../runtime/actor/metrics.ts'
import type { Receipt, Verdict } from '../../runtime/shard/machine.ts'
import type { RecordSchema } from '../admin/actions.ts'
import type { Token, TokenRequest } from '../credentials.ts'

/** What `gaia` asks of the admin door and what it gets, as `proto/admin.proto` says. */
export interface Unary {
  readonly SubmitTask: Call<SubmitMessage, Submitted>
  readonly GetTask: Call<{ readonly id: string }, TaskMessage>
  readonly ExplainTask: Call<{ readonly id: string }, ExplanationMessage>
  readonly ListTasks: Call<ListMessage, PageMessage>
  readonly ActOnTask: Call<Omit<ActRequest, 'by'>, TaskMessage>
  readonly PauseProject: Call<{ readonly project: string; readonly paused: boolean }, object>
  readonly GetStatus: Call<object, FleetStatus>
  readonly VerifyReceipt: Call<Receipt, { readonly verdict: Verdict }>
  readonly ListActors: Call<object, ActorsMessage>
  readonly ListSchemas: Call<object, { readonly schemas: readonly RecordSchema[] }>
  readonly ConsoleLink: Call<object, { readonly url: string; readonly expiresMs: number }>
  readonly CreateToken: Call<TokenRequest, { readonly token: Token; readonly secret: string }>
  readonly ListTokens: Call<object, { readonly tokens: readonly Token[] }>
  readonly RevokeToken: Call<{ readonly id: string }, object>
}

export interface Streaming {
  readonly WatchTasks: Call<
    { readonly ids?: readonly string[]; readonly project?: string },
    TaskMessage
  >
  readonly FollowOutput: Call<OutputMessage, OutputPart>
  readonly Bulk: Call<
    Pick<BulkRequest, 'action'> & Omit<ListMessage, 'limit' | 'cursor'>,
    { readonly changed: number; readonly done: boolean }
  >
  readonly Backup: Call<
    { readonly directory: string },
    { readonly copiedBytes: number; readonly totalBytes: number; readonly done: boolean }
  >
}

export interface Call<Request, Answer> {
  readonly request: Request
  readonly answer: Answer
}

export interface SubmitMessage {
  readonly project?: string
  readonly specs: readonly SpecMessage[]
  readonly key: string
  readonly try: number
}

export interface ActorsMessage {
  readonly actors: readonly ActorMetrics[]
  readonly deadLetters: {
    readonly counts: Readonly<Record<string, number>>
    readonly recent: readonly DeadLetter[]
  }
}

/** Only what was asked for: the node knows the defaults. */
export type SpecMessage = Partial<Omit<TaskSpec, 'timeouts' | 'retry' | 'unique'>> & {
  readonly timeouts?: Partial<TaskSpec['timeouts']>
  readonly retry?: Partial<TaskSpec['retry']>
  readonly unique?: Pick<Unique, 'key'> & Partial<Unique>
}

type Unique = NonNullable<TaskSpec['unique']>

/** protobuf shows a message that is not there as `null`. */
export type TaskMessage = Omit<Task, 'outcome' | 'attempts'> & {
  readonly outcome: Outcome | null
  readonly attempts: readonly AttemptMessage[]
}

export type AttemptMessage = Omit<Attempt, 'outcome'> & { readonly outcome: Outcome | null }

export type ExplanationMessage = Omit<Explanation, 'task'> & { readonly task: TaskMessage }

export interface ListMessage {
  readonly project?: string
  readonly states?: readonly string[]
  readonly label?: string
  readonly limit?: number
  readonly cursor?: string
}

export interface PageMessage {
  readonly tasks: readonly TaskSummary[]
  readonly cursor?: string
  readonly counts: Readonly<Record<string, number>>
  readonly missing: readonly number[]
}

export interface OutputMessage {
  readonly id: string
  readonly attempt?: number
  readonly fromOffset: number
  readonly follow: boolean
}

export interface OutputPart {
  readonly bytes?: { readonly offset: number; readonly chunk: Uint8Array }
  readonly end?: { readonly attempt?: AttemptMessage }
}
