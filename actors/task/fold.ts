import { assert, unreachable } from '../../runtime/errors.ts'
import { clipped, concise } from './history.ts'
import { QUEUE_LIMITS } from './limits.ts'
import { ENDED, type Attempt, type Dependency, type Task, type TaskEvent } from './task.ts'
import { isBlocked, isFree, waitReason } from './waiting.ts'

/**
 * A task after one event. What `decide` must have made sure of stays here as assertions: an event
 * that does not fit its row stops the shard, and is never passed over.
 */
export function fold(task: Task | undefined, event: TaskEvent): Task | undefined {
  if (event.type === 'submitted') {
    assert(task === undefined, 'a task is submitted once')
    return timed(undefined, { ...event.task, version: 1 }, event.atMs)
  }
  assert(task, 'only a submitted task has events')
  if (event.type === 'forgotten') return undefined
  const next = { ...changed(task, event), version: task.version + 1, updatedMs: event.atMs }
  return timed(task, ENDED.has(next.state) ? concise(next) : next, event.atMs)
}

type Later = Exclude<TaskEvent, { readonly type: 'submitted' | 'forgotten' }>
type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: T }>

function changed(task: Task, event: Later): Task {
  switch (event.type) {
    case 'released':
      return released(task, event.atMs)
    case 'dependencyHeard':
      return dependencyHeard(task, event.dependency)
    case 'dependentAdded':
      return { ...live(task), dependents: [...task.dependents, event.dependent] }
    case 'dependentRemoved':
      return { ...live(task), dependents: task.dependents.filter((id) => id !== event.dependent) }
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
      return paused(task, event)
    case 'resumed':
      return resumed(task)
    case 'prioritized':
      return { ...live(task), spec: { ...task.spec, priority: event.priority } }
    case 'lateResult':
      return lateResult(task, event)
    case 'retried':
      return retried(task, event)
    default:
      return unreachable(event)
  }
}

/** An attempt is under way: only its own end can end the task. */
export function runs({ attempts }: Pick<Task, 'attempts'>): boolean {
  const last = attempts.at(-1)
  return last !== undefined && last.endedMs === undefined
}

/** Its attempt was lost after it may have run: what came of it is a person's to say, or its holder's. */
export function isUnknown({ state, attempts }: Task): boolean {
  return state === 'waiting_human' && attempts.at(-1)?.outcome?.class === 'unknown'
}

function live(task: Task): Task {
  assert(!ENDED.has(task.state), 'an ended task stays as it is')
  return task
}

function released(task: Task, atMs: number): Task {
  const held = ['suspended', 'scheduled', 'waiting_human'].includes(task.state)
  assert(held && !runs(task), 'only a held task is released')
  const { wakeMs: _, ...rest } = task
  const { notBeforeMs = 0 } = task.spec
  const next: Task =
    notBeforeMs > atMs
      ? { ...rest, state: 'scheduled', wakeMs: notBeforeMs }
      : { ...rest, state: 'available' }
  return explained(next)
}

function dependencyHeard(task: Task, heard: Dependency): Task {
  const dependencies = live(task).dependencies.map((each) => (each.id === heard.id ? heard : each))
  const next = { ...task, dependencies }
  const waits = task.state === 'suspended' || task.state === 'waiting_human'
  if (!waits || isFree(dependencies)) return next // What is free is released by the next event.
  return explained({ ...next, state: isBlocked(dependencies) ? 'waiting_human' : 'suspended' })
}

/** With the reason that its state gives, unless that it is paused says more. */
function explained(task: Task): Task {
  return task.paused ? task : { ...task, reason: waitReason(task) }
}

function assigned(task: Task, event: Of<'assigned'>): Task {
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

function started(task: Task, event: Of<'started'>): Task {
  assert(task.state === 'assigned' && event.attempt === task.attempt, 'the current attempt starts')
  const begun = withAttempt(task, (attempt) => ({ ...attempt, startedMs: event.atMs }))
  const node = begun.attempts.at(-1)?.node ?? ''
  const reason = task.cancelling ? task.reason : `running on ${node}`
  return { ...begun, state: 'executing', reason }
}

function attemptEnded(task: Task, event: Of<'attemptEnded'>): Task {
  const current = event.attempt === task.attempt && (runs(task) || isUnknown(task))
  assert(current, 'the current attempt ends, once')
  const { next, atMs } = event
  const outcome = clipped(event.outcome)
  const over = withAttempt(task, (attempt) => ({ ...attempt, endedMs: atMs, outcome }))
  const retriesUsed = task.retriesUsed + (next.retryUsed ? 1 : 0)
  const wake = next.wakeMs === undefined ? {} : { wakeMs: next.wakeMs }
  const { transcript: _, ...told } = outcome
  const result = ENDED.has(next.state) ? { outcome: told, cancelling: false, paused: false } : {}
  return { ...over, state: next.state, reason: next.reason, retriesUsed, ...wake, ...result }
}

function withAttempt(task: Task, change: (attempt: Attempt) => Attempt): Task {
  const last = task.attempts.at(-1)
  assert(last?.attempt === task.attempt, 'the current attempt is the newest')
  return { ...task, attempts: [...task.attempts.slice(0, -1), change(last)] }
}

function ended(task: Task, state: 'cancelled' | 'expired', reason: string): Task {
  assert(!runs(live(task)), 'a running task ends with its attempt')
  return { ...task, state, reason, paused: false }
}

function paused(task: Task, { by }: Of<'paused'>): Task {
  assert(!runs(live(task)), 'what runs is not paused')
  return { ...task, paused: true, reason: `paused by ${by}` }
}

function resumed(task: Task): Task {
  assert(live(task).paused, 'only a paused task is resumed')
  return explained({ ...task, paused: false })
}

function lateResult(task: Task, { attempt, outcome }: Of<'lateResult'>): Task {
  const late = { attempt, outcome: clipped(outcome) }
  const lateResults = [...(task.lateResults ?? []), late].slice(-QUEUE_LIMITS.lateResults)
  return { ...task, lateResults }
}

function retried(task: Task, event: Of<'retried'>): Task {
  assert(ENDED.has(task.state) && !task.retriedAs, 'an ended task is done again once')
  return { ...task, retriedAs: event.as }
}

/**
 * With the moments that follow from where it is: part of the fold, so that a timer is found in the
 * row after any change of leader.
 */
function timed(before: Task | undefined, next: Task, atMs: number): Task {
  const { dueMs: _, ...placed } = inLine(before, clocked(next, atMs), atMs)
  const dueMs = dueOf(placed)
  return dueMs === undefined ? placed : { ...placed, dueMs }
}

/** Its clocks stand still while it is paused or waits for a person: what was due then is due later. */
function clocked(task: Task, atMs: number): Task {
  const stands = !ENDED.has(task.state) && (task.paused || task.state === 'waiting_human')
  const { stoppedMs, ...rest } = task
  if (stands) return { ...rest, stoppedMs: stoppedMs ?? atMs }
  if (stoppedMs === undefined) return task
  const stoodMs = Math.max(0, atMs - stoppedMs)
  const { totalDueMs, startDueMs } = task
  const start = startDueMs === undefined ? {} : { startDueMs: startDueMs + stoodMs }
  return { ...rest, totalDueMs: totalDueMs + stoodMs, ...start }
}

/** It takes its place when it waits for a slot for the first time. */
function inLine(before: Task | undefined, task: Task, atMs: number): Task {
  const comes = task.state === 'available' && before?.state !== 'available' && task.attempt === 0
  if (!comes) return task
  return { ...task, enqueuedMs: atMs, startDueMs: atMs + task.spec.timeouts.scheduleToStartMs }
}

/** When the state itself must be looked at again. */
function dueOf(task: Task): number | undefined {
  if (runs(task) || ENDED.has(task.state) || task.state === 'waiting_human') return undefined
  const { expiresMs = Infinity } = task.spec
  const moments = task.paused ? [expiresMs] : [expiresMs, task.totalDueMs, nextOf(task)]
  const firstMs = Math.min(...moments)
  return firstMs === Infinity ? undefined : firstMs
}

function nextOf({ state, attempt, wakeMs = 0, startDueMs = Infinity }: Task): number {
  if (state === 'scheduled') return wakeMs
  return state === 'available' && attempt === 0 ? startDueMs : Infinity
}
