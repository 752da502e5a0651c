import { fraction } from '../../runtime/scheduling/random.ts'
import type { Decision } from '../../runtime/shard/machine.ts'
import type { Command } from '../task/command.ts'
import { isUnknown, runs } from '../task/fold.ts'
import {
  ENDED,
  type Outcome,
  type OutcomeClass,
  type Task,
  type TaskEvent,
  type TaskState,
} from '../task/task.ts'
import { answered, refused, unknownTask, type Desk } from './desk.ts'
import { endings } from './endings.ts'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>
type Next = Extract<TaskEvent, { readonly type: 'attemptEnded' }>['next']

/** Commits the assignment; the node is told only after. Refused if the task has changed since it was picked. */
export function assign(desk: Desk, command: Of<'assign'>): Decision {
  const task = desk.task(command.task)
  if (!task) return unknownTask(command.task)
  if (task.state !== 'available' || task.paused || task.version !== command.version) {
    return refused('FAILED_PRECONDITION', `Cannot assign "${task.id}": it is ${task.state}`)
  }
  const { store, boot, node } = command
  const { id, spec, totalDueMs } = task
  const attempt = task.attempt + 1
  desk.change(id, { type: 'assigned', attempt, store, boot, node })
  const leftMs = Math.max(0, totalDueMs - desk.wallMs)
  const startToCloseMs = Math.min(spec.timeouts.startToCloseMs, leftMs)
  return desk.decided({ type: 'attempt', attempt, spec, startToCloseMs })
}

export function start(desk: Desk, { task: id, attempt }: Of<'start'>): Decision {
  const task = desk.task(id)
  if (!task || task.attempt !== attempt || !runs(task)) return answered({ type: 'stale' })
  if (task.state === 'assigned') desk.change(id, { type: 'started', attempt })
  return desk.decided({ type: 'accepted' })
}

/** A result counts if its attempt is the current one and has none yet; else it is kept as late. */
export function finish(desk: Desk, { task: id, attempt, outcome }: Of<'finish'>): Decision {
  const task = desk.task(id)
  if (!task) return answered({ type: 'stale' })
  const current = task.attempt === attempt && (runs(task) || isUnknown(task))
  if (!current) return late(desk, task, { attempt, outcome })
  return close(desk, task, outcome, afterwards(desk, task, outcome))
}

/** Attempts that ended so have no result of their own. */
const RESULTLESS: ReadonlySet<OutcomeClass> = new Set(['lost', 'unknown'])

function late(desk: Desk, task: Task, result: Pick<Of<'finish'>, 'attempt' | 'outcome'>): Decision {
  const { attempt } = result
  const own = task.attempts.find((each) => each.attempt === attempt)
  const recorded = own?.outcome && !RESULTLESS.has(own.outcome.class)
  const again = recorded || task.lateResults?.some((each) => each.attempt === attempt)
  if (!again && attempt <= task.attempt) desk.change(task.id, { type: 'lateResult', ...result })
  return desk.decided({ type: 'stale' })
}

/** Nobody runs the attempt any more. Where it may have run, `onLost` says who decides what follows. */
export function lose(desk: Desk, command: Of<'lose'>): Decision {
  const { type: _, task: id, attempt, how, why, ...output } = command
  const task = desk.task(id)
  if (!task || task.attempt !== attempt || !runs(task)) return answered({ type: 'stale' })
  const lost: Outcome = { class: 'lost', message: why, ...output }
  if (task.cancelling) return close(desk, task, lost, cancelled(task))
  if (how !== 'unstarted' && task.spec.onLost === 'ask') {
    const reason = `waits for a person: outcome unknown, ${why}`
    const unknown: Outcome = { class: 'unknown', message: why, ...output }
    return close(desk, task, unknown, { state: 'waiting_human', reason, retryUsed: false })
  }
  if (how === 'died') return close(desk, task, lost, again(desk, task, lost))
  const reason = `waiting again: ${why}`
  return close(desk, task, lost, { state: 'available', reason, retryUsed: false })
}

function close(desk: Desk, task: Task, outcome: Outcome, next: Next): Decision {
  desk.change(task.id, { type: 'attemptEnded', attempt: task.attempt, outcome, next })
  if (ENDED.has(next.state)) endings(desk, task)
  return desk.decided({ type: 'accepted' })
}

/** Classes after which another attempt may help. A command that says no is asked again only on request. */
const TRANSIENT: ReadonlySet<OutcomeClass> = new Set(['crash', 'timeout', 'transient'])

function afterwards(desk: Desk, task: Task, outcome: Outcome): Next {
  if (outcome.class === 'ok') return end('completed', 'completed')
  if (task.cancelling || outcome.class === 'cancelled') return cancelled(task)
  const helps = TRANSIENT.has(outcome.class) || (outcome.class === 'exit' && task.spec.retry.onExit)
  return helps ? again(desk, task, outcome) : end('failed', describe(outcome))
}

function cancelled({ cancelling, reason }: Task): Next {
  return end('cancelled', cancelling ? reason.replace(/^being /, '') : 'its terminal was ended')
}

/** Another attempt, as long as there are retries left. */
function again(desk: Desk, task: Task, outcome: Outcome): Next {
  const what = describe(outcome)
  const { max } = task.spec.retry
  if (max === 0) return end('failed', what)
  const number = task.retriesUsed + 1
  if (number > max) return end('discarded', `${what}; ${max} retries used`)
  const reason = `retry ${number} of ${max} after ${what}`
  const wakeMs = desk.wallMs + backoffMs(task, desk)
  return { state: 'scheduled', reason, wakeMs, retryUsed: true }
}

function end(state: TaskState, reason: string): Next {
  return { state, reason, retryUsed: false }
}

/** Exponential, capped, give or take a share by chance. Unit: ms. */
function backoffMs({ spec, retriesUsed }: Task, { random }: Desk): number {
  const { baseMs, factor, capMs, jitter } = spec.retry
  const planned = Math.min(capMs, baseMs * factor ** retriesUsed)
  return Math.round(planned * (1 + jitter * (2 * fraction(random) - 1)))
}

function describe({ class: sort, code, signal, message }: Outcome): string {
  if (sort === 'exit') return `exit code ${code ?? 'unknown'}`
  if (signal) return `${sort} (${signal})`
  return message ? `${sort}: ${message}` : sort
}
