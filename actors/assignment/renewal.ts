import type { Loss, Task } from '../task/task.ts'
import type { StoreId } from '../../runtime/storage/store-id.ts'
import { type LedShards, tokenOf } from './led-shards.ts'
import { keyOf, type ToExchange, type Token } from './messages.ts'

/** What is to be done about the difference between what a store holds and what it should hold. */
export type Correction =
  /** Somebody wants it to end, and it may not have heard. */
  | {
      readonly type: 'end'
      readonly token: Token
      readonly reason: 'cancelled' | 'timed-out' | 'stale'
    }
  /** The word of its start was lost. */
  | { readonly type: 'started'; readonly token: Token }
  | { readonly type: 'lost'; readonly token: Token; readonly how: Loss }
  /** Its assignment may not have arrived. */
  | { readonly type: 'repeat'; readonly task: Task }

export interface Comparison {
  readonly corrections: readonly Correction[]
  /** Should be held, and was not named. */
  readonly missing: ReadonlySet<string>
  /** Named, and rightly held. */
  readonly keep: readonly Token[]
}

type Renewal = Extract<ToExchange, { readonly type: 'renew' }>

/**
 * Compares all that a store says it holds with what the log says that it does. Pure.
 *
 * @param missingBefore what its last renewal did not name: once may be a message on its way.
 */
export function compare(
  led: LedShards,
  store: StoreId,
  renewal: Renewal,
  missingBefore: ReadonlySet<string>,
): Comparison {
  const held = new Set(renewal.held.map(keyOf))
  const corrections: Correction[] = []
  const missing = new Set<string>()
  for (const task of led.runningAt(store)) {
    const key = keyOf(tokenOf(task))
    if (held.has(key)) corrections.push(...ofHeld(led, task))
    else if (isLost(task, renewal.boot, missingBefore.has(key))) corrections.push(loss(task))
    else {
      missing.add(key)
      if (task.state === 'assigned') corrections.push({ type: 'repeat', task })
    }
  }
  for (const token of renewal.held)
    if (led.isStale(token)) corrections.push({ type: 'end', token, reason: 'stale' })
  return { corrections, missing, keep: renewal.held.filter((token) => led.isCurrent(token)) }
}

/** Of a newer start of its node, or sent later in the same. */
export function isNewer(renewal: Renewal, than: Renewal): boolean {
  return renewal.boot === than.boot ? renewal.sequence > than.sequence : renewal.boot > than.boot
}

function* ofHeld(led: LedShards, task: Task): Generator<Correction> {
  const token = tokenOf(task)
  if (task.cancelling) yield { type: 'end', token, reason: 'cancelled' }
  else if (led.overran(task)) yield { type: 'end', token, reason: 'timed-out' }
  if (task.state === 'assigned') yield { type: 'started', token }
}

/** Of an older start of its node; or started, and not held twice in a row. */
function isLost(task: Task, boot: number, missingBefore: boolean): boolean {
  const attempt = task.attempts.at(-1)
  if (attempt && attempt.boot < boot) return true
  return missingBefore && task.state === 'executing'
}

function loss(task: Task): Correction {
  const how = task.state === 'assigned' ? 'unstarted' : 'died'
  return { type: 'lost', token: tokenOf(task), how }
}
