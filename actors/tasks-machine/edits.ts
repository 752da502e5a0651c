import type { Decision } from '../../runtime/shard/machine.ts'
import type { BulkFilter, Command } from '../task/command.ts'
import { runs } from '../task/fold.ts'
import { QUEUE_LIMITS } from '../task/limits.ts'
import type { TaskSpec } from '../task/spec.ts'
import { ENDED, type Task } from '../task/task.ts'
import { isLost } from '../task/waiting.ts'
import { addTask } from './add-task.ts'
import { full, holderOf } from './admission.ts'
import { answered, refused, unknownTask, type Desk } from './desk.ts'
import { endings } from './endings.ts'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>

/** Changes the task, or says why it cannot be changed. What is so already stays as it is. */
type Edit = (desk: Desk, task: Task, by: string) => string | undefined

/** Before it runs a task is cancelled at once; while it runs, its end is asked for. */
const cancel: Edit = (desk, task, by) => {
  if (ENDED.has(task.state)) return `it is ${task.state} already`
  if (!runs(task)) {
    desk.change(task.id, { type: 'cancelled', by })
    endings(desk, task)
  } else if (!task.cancelling) desk.change(task.id, { type: 'cancelRequested', by })
  return undefined
}

const pause: Edit = (desk, task, by) => {
  if (ENDED.has(task.state)) return `it is ${task.state} already`
  if (runs(task)) return 'it runs: cancel it, or let it end'
  if (!task.paused) desk.change(task.id, { type: 'paused', by })
  return undefined
}

/** Takes back a pause, and nothing else: who waits for a person is released by `retry`. */
const resume: Edit = (desk, task, by) => {
  if (ENDED.has(task.state)) return `it is ${task.state} already`
  if (task.paused) desk.change(task.id, { type: 'resumed', by })
  return undefined
}

const EDITS = { cancel, pause, resume } as const

export function edit(desk: Desk, command: Of<'cancel' | 'pause' | 'resume'>): Decision {
  const { type, task: id, by } = command
  const task = desk.task(id)
  if (!task) return unknownTask(id)
  const why = EDITS[type](desk, task, by)
  return why === undefined ? desk.decided({ type: 'done' }) : impossible(type, id, why)
}

function impossible(verb: string, id: string, why: string): Decision {
  return refused('FAILED_PRECONDITION', `Cannot ${verb} "${id}": ${why}`)
}

export function prioritize(desk: Desk, { task: id, priority, by }: Of<'prioritize'>): Decision {
  const task = desk.task(id)
  if (!task) return unknownTask(id)
  if (ENDED.has(task.state)) return impossible('prioritize', id, `it is ${task.state} already`)
  if (task.spec.priority !== priority) desk.change(id, { type: 'prioritized', priority, by })
  return desk.decided({ type: 'done' })
}

/** An ended task is submitted anew, under a new id; one that waits for a person goes on. */
export function retry(desk: Desk, command: Of<'retry'>): Decision {
  const task = desk.task(command.task)
  if (!task) return unknownTask(command.task)
  if (ENDED.has(task.state)) return again(desk, task, command)
  if (task.state !== 'waiting_human' || runs(task))
    return impossible('retry', task.id, `it is ${task.state}`)
  letGo(desk, task)
  return desk.decided({ type: 'submitted', ids: [task.id], repeated: false })
}

/** A person says: without what is lost. What can still complete is still waited for. */
function letGo(desk: Desk, { id, dependencies }: Task): void {
  for (const lost of dependencies.filter(isLost))
    desk.change(id, { type: 'dependencyHeard', dependency: { ...lost, state: 'waived' } })
  const free = dependencies.every(({ state }) => state !== 'waiting')
  if (free) desk.change(id, { type: 'released' })
}

/** Once: whoever asks again is told of the same new task. */
function again(desk: Desk, task: Task, { id, by }: Of<'retry'>): Decision {
  if (task.retriedAs !== undefined)
    return answered({ type: 'submitted', ids: [task.retriedAs], repeated: true })
  const { project } = task
  const spec = unconditional(task.spec)
  const refusal = full(desk, project, 1)
  if (refusal) return answered(refusal)
  const holder = holderOf(desk, project, spec)
  if (holder && holder.id !== task.id)
    return impossible('retry', task.id, `"${holder.id}" has its unique key`)
  addTask(desk, { id, project, by, spec, dependencies: [], retryOf: task.id })
  desk.change(task.id, { type: 'retried', as: id })
  return desk.decided({ type: 'submitted', ids: [id], repeated: false })
}

/** A person wants it now: what it waited for, and until when it was of use, is over. */
function unconditional({ notBeforeMs: _moment, expiresMs: _until, ...spec }: TaskSpec): TaskSpec {
  return { ...spec, after: [] }
}

/** One entry's share of a bulk action; `more` says that another is needed. */
export function bulk(desk: Desk, { action, filter, by }: Of<'bulk'>): Decision {
  let changed = 0
  for (const row of desk.tasks()) {
    if (changed === QUEUE_LIMITS.bulk) return desk.decided({ type: 'bulk', changed, more: true })
    const task = chosen(row, filter) ? desk.task(row.id) : undefined
    if (!task) continue
    EDITS[action](desk, task, by)
    if (desk.task(row.id) !== row) changed += 1 // By this, or with one that it waited for.
  }
  return desk.decided({ type: 'bulk', changed, more: false })
}

function chosen(task: Task, { project, states, label }: BulkFilter): boolean {
  if (project !== undefined && task.project !== project) return false
  if (states && !states.includes(task.state)) return false
  return label === undefined || task.spec.labels.includes(label)
}

export function pauseProject(desk: Desk, command: Of<'pauseProject' | 'resumeProject'>): Decision {
  const { project: id, by } = command
  const type = command.type === 'pauseProject' ? 'paused' : 'resumed'
  desk.record({ kind: 'project', id, type, atMs: desk.wallMs, by })
  return desk.decided({ type: 'done' })
}
