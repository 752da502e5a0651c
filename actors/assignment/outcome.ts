import type { Loss, Outcome, Output } from '../task/task.ts'
import type { Exit, ExitReason, StartResult } from '../terminals.ts'
import type { ToExchange, Token } from './messages.ts'

/** What is said of an attempt that is over. */
export function reportOf(token: Token, exit: Exit): ToExchange {
  const kept = keptOf(exit)
  const lost = (how: Loss, why: string): ToExchange => ({ type: 'lost', token, how, why, ...kept })
  switch (exit.reason) {
    case 'leash':
      return lost('ended', 'its leash was over')
    case 'stale':
      return lost('ended', 'its leader no longer knew it')
    case 'holder-lost':
      return lost('died', 'the holder of its terminal died')
    default:
      return { type: 'finished', token, outcome: outcomeOf(exit, exit.reason) }
  }
}

/** The ends that say how the work went. */
type Ended = Exclude<ExitReason, 'leash' | 'stale' | 'holder-lost'>

/** What it wrote, which is worth keeping however it ended. */
function keptOf({ outputBytes, transcript }: Exit): Output {
  return { outputBytes, ...(transcript ? { transcript } : {}) }
}

/** How an attempt ended, as its task records it. */
function outcomeOf(exit: Exit, reason: Ended): Outcome {
  const { code, signal, detail } = exit
  const facts = {
    ...keptOf(exit),
    ...(code === null ? {} : { code }),
    ...(signal === null ? {} : { signal }),
    ...(detail === undefined ? {} : { message: detail }),
  }
  switch (reason) {
    case 'cancelled':
      return { ...facts, class: 'cancelled' }
    case 'timed-out':
      return { ...facts, class: 'timeout', message: 'it ran longer than its timeout' }
    case 'spawn-failed':
      return { ...facts, class: 'invalid' }
    case 'exhausted':
      return { ...facts, class: 'transient' }
    case 'exited':
      if (signal !== null) return { ...facts, class: 'crash' }
      return { ...facts, class: code === 0 ? 'ok' : 'exit' }
  }
}

/** What is said of an attempt that the holder would not start. */
export function refusalOf(
  token: Token,
  { reason, detail }: Extract<StartResult, { type: 'refused' }>,
): ToExchange {
  if (reason !== 'invalid') return { type: 'lost', token, how: 'unstarted', why: detail }
  return { type: 'finished', token, outcome: { class: 'invalid', message: detail } }
}
