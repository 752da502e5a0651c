import { assert, unreachable } from '../../runtime/errors.ts'
import { isFree, waitReason } from './dependencies.ts'
import { QUEUE_LIMITS } from './limits.ts'
import {
  ENDED,
  type Attempt,
  type Dependency,
  type Outcome,
  type Task,
  type TaskEvent,
  type TaskState,
} from './task.ts'

/** Late results remembered on a row. */
const LATE_RESULTS_MAX = 3

/**
 * A task after one event. What `decide` must have made sure of stays here as assertions: an event
 * that does not fit its row stops the shard, and is never passed over.
 */
export function fold(task: Task | undefined, event: TaskEvent): Task | undefined {
  if (event.type === 'submitted') {
    assert(task === undefined, 'a task is submitted once')
    return withDue({ ...event.task, version: 1 })
  }
  assert(task, 'only a submitted task has events')
  if (event.type === 'forgotten') return undefined
  const next = changed(task, event)
  return withDue({ ...next, version: task.version + 1, updatedMs: event.atMs })
}

type Later = Exclude<TaskEvent, { readonly type: 'submitted' | 'forgotten' }>

function changed(task: Task, event: Later): Task {
  switch (event.type) {
    case 'released':
      return released(task, event.atMs)
    case 'dependencyHeard':
      return dependencyHeard(task, event.dependency)
    case 'dependentAdded':
      return { ...task, dependents: [...task.dependents, event.dependent] }
    case 'dependentRemoved':
      return { ...task, dependents: task.dependents.filter((id) => id !== event.dependent) }
    case 'assigned':
      return assigned(task, event)
    case 'started':
      return started(task, event)
    case 'attemptEnded':
      return attemptEnded(task, event)
    case 'cancelRequested':
      return { ...live(task), cancelling: true, reason: `being cancelled by ${event.by}` }
    case 'cancelled':
      return ended(task, 'cancelled', `cancelled by ${event.by}`)
    case 'expired':
      return ended(task, 'expired', event.reason)
    case 'paused':
      return { ...live(task), paused: true, reason: `paused by ${event.by}` }
    case 'resumed':
      return explained({ ...live(task), paused: false, reason: `resumed by ${event.by}` })
    case 'prioritized':
      return { ...live(task), spec: { ...task.spec, priority: event.priority } }
    case 'lateResult':
      return lateResult(task, event)
    default:
      return unreachable(event)
  }
}

function live(task: Task): Task {
  assert(!ENDED.has(task.state), 'an ended task stays as it is')
  return task
}

function released(task: Task, atMs: number): Task {
  assert(task.state === 'suspended' || task.state === 'scheduled', 'only a held task is released')
  const { notBeforeMs = 0 } = task.spec
  if (notBeforeMs > atMs)
    return { ...task, state: 'scheduled', reason: 'waits for its moment', wakeMs: notBeforeMs }
  return { ...task, state: 'available', reason: 'waiting for a slot' }
}

function dependencyHeard(task: Task, heard: Dependency): Task {
  const dependencies = live(task).dependencies.map((each) => (each.id === heard.id ? heard : each))
  return explained({ ...task, dependencies })
}

/** With the reason that its dependencies give, if it waits for them. */
function explained(task: Task): Task {
  const waits = task.state === 'suspended' && !task.paused && !isFree(task.dependencies)
  return waits ? { ...task, reason: waitReason(task.dependencies) } : task
}

function assigned(task: Task, event: Extract<TaskEvent, { type: 'assigned' }>): Task {
  assert(task.state === 'available' && !task.paused, 'only an available task is assigned')
  assert(event.attempt === task.attempt + 1, 'attempts grow by one')
  const { attempt, store, boot, node, atMs } = event
  const attempts = [...task.attempts, { attempt, store, boot, node, assignedMs: atMs }]
  return {
    ...task,
    state: 'assigned',
    reason: `assigned to ${node}`,
    attempt,
    attempts: attempts.slice(-QUEUE_LIMITS.attempts),
  }
}

function started(task: Task, event: Extract<TaskEvent, { type: 'started' }>): Task {
  assert(task.state === 'assigned' && event.attempt === task.attempt, 'the current attempt starts')
  const begun = withAttempt(task, (attempt) => ({ ...attempt, startedMs: event.atMs }))
  const node = begun.attempts.at(-1)?.node ?? ''
  return {
    ...begun,
    state: 'executing',
    reason: task.cancelling ? task.reason : `running on ${node}`,
  }
}

function attemptEnded(task: Task, event: Extract<TaskEvent, { type: 'attemptEnded' }>): Task {
  assert(event.attempt === task.attempt && runs(task.state), 'the current attempt ends, once')
  const { outcome, next, atMs } = event
  const over = withAttempt(task, (attempt) => ({ ...attempt, endedMs: atMs, outcome }))
  const retriesUsed = task.retriesUsed + (next.retryUsed ? 1 : 0)
  const wake = next.wakeMs === undefined ? {} : { wakeMs: next.wakeMs }
  const result = ENDED.has(next.state) ? { outcome, cancelling: false } : {}
  return { ...over, state: next.state, reason: next.reason, retriesUsed, ...wake, ...result }
}

export function runs(state: TaskState): boolean {
  return state === 'assigned' || state === 'executing' || state === 'waiting_human'
}

function withAttempt(task: Task, change: (attempt: Attempt) => Attempt): Task {
  const last = task.attempts.at(-1)
  assert(last?.attempt === task.attempt, 'the current attempt is the newest')
  return { ...task, attempts: [...task.attempts.slice(0, -1), change(last)] }
}

function ended(task: Task, state: TaskState, reason: string): Task {
  assert(!runs(live(task).state), 'a running task ends with its attempt')
  return { ...task, state, reason }
}

function lateResult(
  task: Task,
  event: { readonly attempt: number; readonly outcome: Outcome },
): Task {
  const { attempt, outcome } = event
  const lateResults = [...(task.lateResults ?? []), { attempt, outcome }].slice(-LATE_RESULTS_MAX)
  return { ...task, lateResults }
}

/**
 * The moment at which the state itself must be looked at again. Part of the fold, so that a timer
 * is found in the row after any change of leader.
 */
function withDue(task: Task): Task {
  const { dueMs: _, ...rest } = task
  const due = dueOf(task)
  return due === undefined ? rest : { ...rest, dueMs: due }
}

function dueOf(task: Task): number | undefined {
  const { timeouts, expiresMs = Infinity } = task.spec
  const totalMs = Math.min(expiresMs, task.createdMs + timeouts.totalMs)
  if (task.paused && !runs(task.state) && !ENDED.has(task.state)) return totalMs
  switch (task.state) {
    case 'suspended':
      return totalMs
    case 'scheduled':
      return Math.min(totalMs, task.wakeMs ?? 0)
    case 'available':
      return task.attempt > 0
        ? totalMs
        : Math.min(totalMs, task.enqueuedMs + timeouts.scheduleToStartMs)
    default:
      return undefined
  }
}
