import type { TaskSpec } from '../task/spec.ts'
import type { Dependency, Task, TaskId, TaskState } from '../task/task.ts'
import { isBlocked, isFree, waitReason } from '../task/waiting.ts'
import type { Desk } from './desk.ts'
import { uniqueId } from './endings.ts'

export interface Birth {
  readonly id: TaskId
  readonly project: string
  readonly spec: TaskSpec
  readonly by: string
  readonly dependencies: readonly Dependency[]
  /** The ended task that it does again. */
  readonly retryOf?: TaskId
}

/** A task begins its life, and takes its unique key. */
export function addTask(desk: Desk, birth: Birth): void {
  const { id, project, spec } = birth
  const atMs = desk.wallMs
  desk.change(id, { type: 'submitted', task: newTask(birth, atMs) })
  if (!spec.unique) return
  const key = uniqueId(project, spec.unique.key)
  desk.record({ kind: 'unique', id: key, type: 'taken', atMs, task: id })
}

function newTask(birth: Birth, atMs: number): Task {
  const { notBeforeMs, timeouts } = birth.spec
  const state = firstState(birth, atMs)
  const wake = state === 'scheduled' && notBeforeMs !== undefined ? { wakeMs: notBeforeMs } : {}
  const fresh: Task = {
    ...birth,
    state,
    reason: '',
    createdMs: atMs,
    updatedMs: atMs,
    enqueuedMs: atMs,
    version: 0,
    totalDueMs: atMs + timeouts.totalMs,
    ...wake,
    dependents: [],
    paused: false,
    cancelling: false,
    attempt: 0,
    attempts: [],
    retriesUsed: 0,
  }
  return { ...fresh, reason: waitReason(fresh) }
}

function firstState({ dependencies, spec }: Birth, atMs: number): TaskState {
  if (isBlocked(dependencies)) return 'waiting_human'
  if (!isFree(dependencies)) return 'suspended'
  return (spec.notBeforeMs ?? 0) > atMs ? 'scheduled' : 'available'
}
