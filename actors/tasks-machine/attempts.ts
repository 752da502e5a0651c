import { fraction } from '../../runtime/scheduling/random.ts'
import type { Decision } from '../../runtime/shard/machine.ts'
import type { Command } from '../task/command.ts'
import { answered, decided, refused, unknownTask, type Desk } from './desk.ts'
import { endings } from './endings.ts'
import { runs } from '../task/fold.ts'
import {
  ENDED,
  type Outcome,
  type OutcomeClass,
  type Task,
  type TaskEvent,
  type TaskState,
} from '../task/task.ts'

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
  const attempt = task.attempt + 1
  const at = { kind: 'task', id: task.id, atMs: desk.wallMs } as const
  const assigned: TaskEvent = { ...at, type: 'assigned', attempt, store, boot, node }
  const { spec } = task
  const leftMs = task.createdMs + spec.timeouts.totalMs - desk.wallMs
  const startToCloseMs = Math.min(spec.timeouts.startToCloseMs, Math.max(0, leftMs))
  return decided([assigned], { type: 'attempt', attempt, spec, startToCloseMs })
}

export function start(desk: Desk, { task: id, attempt }: Of<'start'>): Decision {
  const task = desk.task(id)
  if (!task || task.attempt !== attempt || !runs(task.state)) return answered({ type: 'stale' })
  if (task.state !== 'assigned') return answered({ type: 'accepted' })
  return decided([{ kind: 'task', id, type: 'started', atMs: desk.wallMs, attempt }], {
    type: 'accepted',
  })
}

/** A result counts if its attempt is the current one and has none yet; else it is kept as late. */
export function finish(desk: Desk, { task: id, attempt, outcome }: Of<'finish'>): Decision {
  const task = desk.task(id)
  if (!task) return answered({ type: 'stale' })
  if (task.attempt !== attempt || !runs(task.state)) return late(desk, task, attempt, outcome)
  return close(desk, task, outcome, afterwards(desk, task, outcome))
}

function late(desk: Desk, task: Task, attempt: number, outcome: Outcome): Decision {
  const own = task.attempts.find((each) => each.attempt === attempt)
  const recorded = own?.outcome !== undefined && own.outcome.class !== 'lost'
  const again = recorded || task.lateResults?.some((each) => each.attempt === attempt)
  if (again || attempt > task.attempt) return answered({ type: 'stale' })
  const at = { kind: 'task', id: task.id, atMs: desk.wallMs } as const
  return decided([{ ...at, type: 'lateResult', attempt, outcome }], { type: 'stale' })
}

/** Nobody runs the attempt any more. Where it may have run, `onLost` says who decides what follows. */
export function lose(desk: Desk, { task: id, attempt, how, why }: Of<'lose'>): Decision {
  const task = desk.task(id)
  if (!task || task.attempt !== attempt || !runs(task.state)) return answered({ type: 'stale' })
  const outcome: Outcome = { class: 'lost', message: why }
  if (task.cancelling)
    return close(desk, task, outcome, end('cancelled', 'cancelled; its attempt was lost'))
  if (how !== 'unstarted' && task.spec.onLost === 'ask') {
    const reason = `waits for a person: outcome unknown, ${why}`
    const unknown: Outcome = { ...outcome, class: 'unknown' }
    return close(desk, task, unknown, { state: 'suspended', reason, retryUsed: false })
  }
  if (how === 'died') return close(desk, task, outcome, again(desk, task, outcome))
  return close(desk, task, outcome, {
    state: 'available',
    reason: `waiting again: ${why}`,
    retryUsed: false,
  })
}

function close(desk: Desk, task: Task, outcome: Outcome, next: Next): Decision {
  const at = { kind: 'task', id: task.id, atMs: desk.wallMs } as const
  const closed: TaskEvent = { ...at, type: 'attemptEnded', attempt: task.attempt, outcome, next }
  const follow = ENDED.has(next.state) ? endings(desk, task, next.state) : []
  return decided([closed, ...follow], { type: 'accepted' })
}

/** Classes after which another attempt may help. A command that says no is asked again only on request. */
const TRANSIENT: ReadonlySet<OutcomeClass> = new Set(['crash', 'timeout', 'transient'])

function afterwards(desk: Desk, task: Task, outcome: Outcome): Next {
  if (outcome.class === 'ok') return end('completed', 'completed')
  if (task.cancelling || outcome.class === 'cancelled') return end('cancelled', task.reason)
  const helps = TRANSIENT.has(outcome.class) || (outcome.class === 'exit' && task.spec.retry.onExit)
  return helps ? again(desk, task, outcome) : end('failed', describe(outcome))
}

/** Another attempt, as long as there are retries left. */
function again(desk: Desk, task: Task, outcome: Outcome): Next {
  const what = describe(outcome)
  const { max } = task.spec.retry
  if (max === 0) return end('failed', what)
  if (task.retriesUsed >= max) return end('discarded', `${what}; ${max} retries used`)
  const number = task.retriesUsed + 1
  const wakeMs = desk.wallMs + backoffMs(task, desk)
  return {
    state: 'scheduled',
    reason: `retry ${number} of ${max} after ${what}`,
    wakeMs,
    retryUsed: true,
  }
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
