import type { Outcome } from '../task/task.ts'
import type { Exit, StartResult } from '../terminals.ts'
import type { ToExchange, Token } from './messages.ts'

/** How an attempt ended, as its task records it. */
export function outcomeOf(exit: Exit): Outcome {
  const { code, signal, detail, outputBytes } = exit
  const facts = {
    outputBytes,
    ...(code === null ? {} : { code }),
    ...(signal === null ? {} : { signal }),
    ...(detail === undefined ? {} : { message: detail }),
  }
  switch (exit.reason) {
    case 'cancelled':
      return { ...facts, class: 'cancelled' }
    case 'timed-out':
      return {
        ...facts,
        class: 'timeout',
        message: 'it ran longer than its start-to-close timeout',
      }
    case 'spawn-failed':
      return { ...facts, class: 'invalid' }
    case 'exited':
      return { ...facts, class: signal ? 'crash' : code === 0 ? 'ok' : 'exit' }
    case 'leash':
    case 'stale':
    case 'holder-lost':
      return { ...facts, class: 'lost' }
  }
}

/** Why the attempt was lost rather than finished; `undefined` if it came to an end of its own. */
export function lostBy({ reason }: Exit): string | undefined {
  switch (reason) {
    case 'leash':
      return 'its leash was over'
    case 'stale':
      return 'its leader no longer knew it'
    case 'holder-lost':
      return 'the holder of its terminal died'
    default:
      return undefined
  }
}

/** What is said of an attempt that the holder would not start. */
export function refusalOf(
  token: Token,
  refused: Extract<StartResult, { type: 'refused' }>,
): ToExchange {
  const { reason, detail } = refused
  if (reason !== 'invalid') return { type: 'lost', token, why: detail }
  return { type: 'finished', token, outcome: { class: 'invalid', message: detail } }
}
