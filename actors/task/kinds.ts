import type { DurableKind, Event } from '../../runtime/shard/machine.ts'
import type { Unnumbered } from '../../runtime/shard/mail/letter.ts'
import { summaryOf } from '../catalog/summary.ts'
import { briefEvent, briefTask, wholeEvent, wholeTask } from './brief.ts'
import { fold } from './fold.ts'
import { ENDED, type Task, type TaskEvent, type TaskState } from './task.ts'
import type { Reply } from './command.ts'

/** The answer to an idempotency key: repeated as it was, to whoever repeats the request. */
export interface KeyRow {
  readonly digest: string
  readonly reply: Reply
  readonly atMs: number
}
export type KeyEvent = Event & { readonly kind: 'key' } & (
    | ({ readonly type: 'answered' } & KeyRow)
    | { readonly type: 'forgotten' }
  )

/** The task that a `unique` key stands for: it lives, or has completed a short while ago. */
export interface UniqueRow {
  readonly task: string
}
export type UniqueEvent = Event & { readonly kind: 'unique' } & (
    | { readonly type: 'taken'; readonly task: string }
    | { readonly type: 'freed' }
  )

export interface ProjectRow {
  readonly paused: boolean
  readonly by: string
}
export type ProjectEvent = Event & {
  readonly kind: 'project'
  readonly type: 'paused' | 'resumed'
  readonly by: string
}

/** How many tasks of the shard have ended, by how. */
export type TallyRow = Readonly<Partial<Record<TaskState, number>>>
export type TallyEvent = Event & {
  readonly kind: 'tally'
  readonly type: 'counted'
  readonly state: TaskState
  readonly by: 1 | -1
}

/** The one row of the kind `tally`. */
export const TALLY_ID = 'all'

export type FleetEvent =
  | TaskEvent
  | KeyEvent
  | UniqueEvent
  | ProjectEvent
  | TallyEvent
  /** To another shard. */
  | Unnumbered

const task: DurableKind<Task, TaskEvent> = {
  kind: 'task',
  version: 1,
  fold,
  finished: ({ state }) => ENDED.has(state),
  brief: (row) => briefTask(row as Task),
  whole: wholeTask,
  briefEvent,
  wholeEvent,
  listed: (row) => ({ atMs: row.updatedMs, summary: summaryOf(row) }),
}

export const KEY_KIND: DurableKind<KeyRow, KeyEvent> = {
  kind: 'key',
  version: 1,
  lookup: true,
  fold(_row, event) {
    if (event.type === 'forgotten') return undefined
    const { digest, reply, atMs } = event
    return { digest, reply, atMs }
  },
}

const unique: DurableKind<UniqueRow, UniqueEvent> = {
  kind: 'unique',
  version: 1,
  lookup: true,
  fold: (_row, event) => (event.type === 'taken' ? { task: event.task } : undefined),
}

const project: DurableKind<ProjectRow, ProjectEvent> = {
  kind: 'project',
  version: 1,
  fold: (_row, { type, by }) => ({ paused: type === 'paused', by }),
}

const tally: DurableKind<TallyRow, TallyEvent> = {
  kind: 'tally',
  version: 1,
  fold: (row = {}, { state, by }) => ({ ...row, [state]: (row[state] ?? 0) + by }),
}

/** Every kind of durable actor that a shard keeps. */
export const KINDS: Readonly<Record<string, DurableKind>> = {
  task: task as DurableKind,
  key: KEY_KIND as DurableKind,
  unique: unique as DurableKind,
  project: project as DurableKind,
  tally: tally as DurableKind,
}
