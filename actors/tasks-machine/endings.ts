import { isFree, named } from '../task/waiting.ts'
import { TALLY_ID, type UniqueRow } from '../task/kinds.ts'
import { ENDED, type Dependency, type Task, type TaskId, type TaskState } from '../task/task.ts'
import type { Desk } from './desk.ts'
import { dependencyOf, isRemote, notify, stateAfter } from './notices.ts'

/**
 * What follows, in the same entry, from a task that has just ended: it is counted, its unique key is
 * free, and who waited for it is released, or cancelled because it can never run; then from those.
 * Dependents in other shards are told by letter.
 *
 * @param last the task as it was: an ended one no longer knows who waits for it.
 */
export function endings(desk: Desk, last: Task): void {
  const lasts = [last]
  for (const { id, dependencies, dependents } of lasts) {
    const ended = desk.task(id)
    if (!ended) continue
    settle(desk, ended)
    unsubscribe(desk, id, dependencies)
    for (const dependent of dependents) {
      const next = isRemote(desk, dependent)
        ? tellRemote(desk, dependent, ended)
        : tellLocal(desk, dependent, ended)
      if (next) lasts.push(next)
    }
  }
}

function settle(desk: Desk, task: Task): void {
  const { state, spec, project, id } = task
  const atMs = desk.wallMs
  desk.record({ kind: 'tally', id: TALLY_ID, type: 'counted', atMs, state, by: 1 })
  if (!spec.unique || standsOn(task, atMs)) return
  freeKey(desk, uniqueId(project, spec.unique.key), id)
}

/** Whom it still waited for in other shards need not tell it any more. */
function unsubscribe(desk: Desk, id: TaskId, dependencies: readonly Dependency[]): void {
  for (const { id: needed, state } of dependencies) {
    if (state === 'waiting' && isRemote(desk, needed))
      notify(desk, { type: 'unsubscribe', task: needed, dependent: id })
  }
}

function tellRemote(desk: Desk, dependent: TaskId, { id, project, state }: Task): undefined {
  const dependency = { id, project, state: stateAfter(state) }
  notify(desk, { type: 'settle', task: dependent, dependency, how: state })
}

function tellLocal(desk: Desk, id: TaskId, { state, ...ended }: Task): Task | undefined {
  const dependent = desk.task(id)
  if (!dependent || ENDED.has(dependent.state)) return undefined
  return hearEnd(desk, id, dependencyOf(dependent.project, ended, stateAfter(state)), state)
}

/** A task hears how one has ended that it waited for. If it ends with it, its last row: its endings follow. */
export function hearEnd(
  desk: Desk,
  id: TaskId,
  dependency: Dependency,
  how: TaskState,
): Task | undefined {
  desk.change(id, { type: 'dependencyHeard', dependency })
  const task = desk.task(id)
  if (dependency.state === 'failed') {
    const by = `its dependency ${named(dependency)}, which is ${how}`
    desk.change(id, { type: 'cancelled', by })
    return task
  }
  if (task?.state === 'suspended' && isFree(task.dependencies))
    desk.change(id, { type: 'released' })
  return undefined
}

export function uniqueId(project: string, key: string): string {
  return `${project}:${key}` // No project has a colon in its name.
}

/** True if the task keeps its unique key: while it lives, and in its window if it has completed. */
export function standsOn({ state, spec, createdMs }: Task, wallMs: number): boolean {
  if (!ENDED.has(state)) return true
  return state === 'completed' && createdMs + (spec.unique?.windowMs ?? 0) > wallMs
}

/** The key is nobody's any more, if it was the task's. */
export function freeKey(desk: Desk, key: string, task: TaskId): void {
  const holder = desk.row('unique', key) as UniqueRow | undefined
  if (holder?.task === task)
    desk.record({ kind: 'unique', id: key, type: 'freed', atMs: desk.wallMs })
}
