import type { Decision } from '../../runtime/shard/machine.ts'
import type { BulkFilter, Command } from '../task/command.ts'
import { answered, decided, refused, unknownTask, type Desk } from './desk.ts'
import { endings } from './endings.ts'
import { isLost } from '../task/dependencies.ts'
import { runs } from '../task/fold.ts'
import { TALLY_ID, type FleetEvent } from '../task/kinds.ts'
import { QUEUE_LIMITS } from '../task/limits.ts'
import { ENDED, type Task } from '../task/task.ts'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>
type Change = readonly FleetEvent[] | string

/** Before it runs a task is cancelled at once; while it runs, its end is asked for. */
function cancelling(desk: Desk, task: Task, by: string): Change {
  const at = { kind: 'task', id: task.id, atMs: desk.wallMs } as const
  if (ENDED.has(task.state)) return `it is ${task.state} already`
  if (task.cancelling) return []
  if (runs(task.state)) return [{ ...at, type: 'cancelRequested', by }]
  return [{ ...at, type: 'cancelled', by }, ...endings(desk, task, 'cancelled')]
}

function pausing(desk: Desk, task: Task, by: string): Change {
  if (ENDED.has(task.state)) return `it is ${task.state} already`
  if (runs(task.state)) return 'it runs: cancel it, or let it end'
  return task.paused ? [] : [{ kind: 'task', id: task.id, type: 'paused', atMs: desk.wallMs, by }]
}

function resuming(desk: Desk, task: Task, by: string): Change {
  const at = { kind: 'task', id: task.id, atMs: desk.wallMs } as const
  if (ENDED.has(task.state)) return `it is ${task.state} already`
  if (task.paused) return [{ ...at, type: 'resumed', by }]
  return task.state === 'suspended' ? letGo(desk, task) : []
}

/** A person says: without what is lost. What can still complete is still waited for. */
function letGo(desk: Desk, { id, dependencies }: Task): FleetEvent[] {
  const at = { kind: 'task', id, atMs: desk.wallMs } as const
  const lost = dependencies.filter(isLost)
  const waived = lost.map(
    (each): FleetEvent => ({
      ...at,
      type: 'dependencyHeard',
      dependency: { ...each, state: 'waived' },
    }),
  )
  const free = dependencies.every(({ state }) => state !== 'waiting')
  return free ? [...waived, { ...at, type: 'released' }] : waived
}

const EDITS = { cancel: cancelling, pause: pausing, resume: resuming } as const

export function edit(
  desk: Desk,
  { type, task: id, by }: Of<'cancel' | 'pause' | 'resume'>,
): Decision {
  const task = desk.task(id)
  if (!task) return unknownTask(id)
  return changed(type, task, EDITS[type](desk, task, by))
}

function changed(verb: string, task: Task, change: Change): Decision {
  if (typeof change === 'string')
    return refused('FAILED_PRECONDITION', `Cannot ${verb} "${task.id}": ${change}`)
  return decided(change, { type: 'done' })
}

export function prioritize(desk: Desk, { task: id, priority, by }: Of<'prioritize'>): Decision {
  const task = desk.task(id)
  if (!task) return unknownTask(id)
  if (ENDED.has(task.state)) return changed('prioritize', task, `it is ${task.state} already`)
  return decided([{ kind: 'task', id, type: 'prioritized', atMs: desk.wallMs, priority, by }], {
    type: 'done',
  })
}

/** An ended task is submitted anew, under a new id; one that waits for a person goes to the line. */
export function retry(desk: Desk, command: Of<'retry'>): Decision {
  const task = desk.task(command.task)
  if (!task) return unknownTask(command.task)
  const atMs = desk.wallMs
  if (!ENDED.has(task.state)) {
    const asks = task.state === 'suspended' && task.reason.startsWith('waits for a person')
    if (!asks) return changed('retry', task, `it is ${task.state}`)
    return decided(letGo(desk, task), {
      type: 'submitted',
      ids: [task.id],
      repeated: false,
    })
  }
  if (desk.task(command.id))
    return answered({ type: 'submitted', ids: [command.id], repeated: true })
  const { wakeMs: _wake, dueMs: _due, outcome: _outcome, lateResults: _late, ...rest } = task
  const again: Task = {
    ...rest,
    id: command.id,
    by: command.by,
    state: 'available',
    reason: `waiting for a slot: ${task.id} again`,
    createdMs: atMs,
    updatedMs: atMs,
    enqueuedMs: atMs,
    version: 0,
    dependencies: [],
    dependents: [],
    paused: false,
    cancelling: false,
    attempt: 0,
    attempts: [],
    retriesUsed: 0,
  }
  const born: FleetEvent = { kind: 'task', id: command.id, type: 'submitted', atMs, task: again }
  return decided([born], { type: 'submitted', ids: [command.id], repeated: false })
}

/** One entry's share of a bulk action; `more` says that another is needed. */
export function bulk(desk: Desk, { action, filter, by }: Of<'bulk'>): Decision {
  const events: FleetEvent[] = []
  let changes = 0
  for (const task of desk.tasks()) {
    if (changes === QUEUE_LIMITS.bulk)
      return decided(events, { type: 'bulk', changed: changes, more: true })
    if (!chosen(task, filter)) continue
    const change = EDITS[action](desk, task, by)
    if (typeof change === 'string' || change.length === 0) continue
    events.push(...change)
    changes += 1
  }
  return decided(events, { type: 'bulk', changed: changes, more: false })
}

function chosen(task: Task, { project, states, label }: BulkFilter): boolean {
  if (project !== undefined && task.project !== project) return false
  if (states && !states.includes(task.state)) return false
  return label === undefined || task.spec.labels.includes(label)
}

export function pauseProject(desk: Desk, command: Of<'pauseProject' | 'resumeProject'>): Decision {
  const { project: id, by } = command
  const type = command.type === 'pauseProject' ? 'paused' : 'resumed'
  return decided([{ kind: 'project', id, type, atMs: desk.wallMs, by }], { type: 'done' })
}

/** A timer of the shard's own; one armed for another version of the row is stale. */
export function due(desk: Desk, { task: id, version }: Of<'due'>): Decision {
  const task = desk.task(id)
  if (!task || task.version !== version || (task.dueMs ?? Infinity) > desk.wallMs)
    return answered({ type: 'stale' })
  const at = { kind: 'task', id, atMs: desk.wallMs } as const
  const wakes = task.state === 'scheduled' && !task.paused && task.dueMs === task.wakeMs
  if (wakes) return decided([{ ...at, type: 'released' }], { type: 'done' })
  const expired: FleetEvent = {
    ...at,
    type: 'expired',
    reason: `expired: it was ${task.state} for too long`,
  }
  return decided([expired, ...endings(desk, task, 'expired')], { type: 'done' })
}

/** Ended tasks leave for good, with what stood for them. */
export function forget(desk: Desk, { tasks }: Of<'forget'>): Decision {
  const atMs = desk.wallMs
  const events = tasks.flatMap((id): FleetEvent[] => {
    const task = desk.task(id)
    if (!task || !ENDED.has(task.state)) return []
    const uncounted = {
      kind: 'tally',
      id: TALLY_ID,
      type: 'counted',
      atMs,
      state: task.state,
      by: -1,
    } as const
    return [{ kind: 'task', id, type: 'forgotten', atMs }, uncounted]
  })
  return decided(events, { type: 'done' })
}
