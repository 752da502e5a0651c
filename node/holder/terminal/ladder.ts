/**
 * How an attempt is ended: asked with SIGINT, told with SIGTERM, killed with SIGKILL. Pure: the
 * driver (`terminal.ts`) sends the signals and ticks.
 *
 * A leash that is over, or a token that is stale, means that someone else may own the work by now:
 * then there is no asking, and a ladder that was climbing politely jumps to its last rung.
 */
import type { EndReason, Leash } from '../../../actors/terminals.ts'

export interface LadderOptions {
  /** From SIGINT to SIGTERM. Unit: ms. Default 2,000. */
  readonly interruptMs: number
  /** From SIGTERM to SIGKILL. Unit: ms. Default 5,000. */
  readonly terminateMs: number
}

export const LADDER_DEFAULTS: LadderOptions = { interruptMs: 2_000, terminateMs: 5_000 }

export interface Ladder {
  readonly rung: 'running' | 'interrupted' | 'terminated' | 'killed'
  /** The first reason stands. */
  readonly reason?: EndReason
  /** When the next rung is due, on the boot clock; `Infinity`: not by itself. */
  readonly nextMs: number
}

export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGKILL'

export const RUNNING: Ladder = { rung: 'running', nextMs: Infinity }

/** Limits that end an attempt without anybody asking. */
export interface Limits {
  readonly leash: Leash
  readonly deadlineMs: number | null
}

/** Somebody asks for the end. */
export function endLadder(
  ladder: Ladder,
  reason: EndReason,
  nowMs: number,
  options: LadderOptions,
): readonly [Ladder, readonly Signal[]] {
  if (ladder.rung === 'killed') return [ladder, []]
  const first = ladder.reason ?? reason
  if (reason === 'leash' || reason === 'stale') return kill(first)
  if (ladder.rung !== 'running') return [ladder, []]
  return [{ rung: 'interrupted', reason: first, nextMs: nowMs + options.interruptMs }, ['SIGINT']]
}

/** Time has passed: limits are compared, and the next rung is taken if it is due. */
export function tickLadder(
  ladder: Ladder,
  limits: Limits,
  nowMs: number,
  options: LadderOptions,
): readonly [Ladder, readonly Signal[]] {
  if (limits.leash !== 'unlimited' && nowMs >= limits.leash.untilMs) {
    return endLadder(ladder, 'leash', nowMs, options)
  }
  if (ladder.rung === 'running') {
    const over = limits.deadlineMs !== null && nowMs >= limits.deadlineMs
    return over ? endLadder(ladder, 'timed-out', nowMs, options) : [ladder, []]
  }
  if (nowMs < ladder.nextMs || !ladder.reason) return [ladder, []]
  if (ladder.rung === 'terminated') return kill(ladder.reason)
  return [
    { rung: 'terminated', reason: ladder.reason, nextMs: nowMs + options.terminateMs },
    ['SIGTERM'],
  ]
}

function kill(reason: EndReason): readonly [Ladder, readonly Signal[]] {
  return [{ rung: 'killed', reason, nextMs: Infinity }, ['SIGKILL']]
}
