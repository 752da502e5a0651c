import { STEADY_MS, type ClockGuard } from '../runtime/scheduling/clock-guard.ts'
import type { HealthNote } from './fleet.ts'

/** How long health speaks of a clock that was set. Unit: ms. */
const TOLD_MS = 10 * 60_000

/** What health says of the wall clock: nothing, unless it was set. */
export function clockNotes(
  { believed, jump }: Pick<ClockGuard, 'believed' | 'jump'>,
  nowMs: number,
): readonly HealthNote[] {
  if (!jump || (believed && nowMs - jump.atMs > TOLD_MS)) return []
  const way = jump.byMs > 0 ? 'forward' : 'back'
  const set = `the wall clock was set ${way} by ${Math.round(Math.abs(jump.byMs) / 1_000)} s`
  if (!believed) {
    const message = `${set}: nothing is decided until it has gone on steadily for ${STEADY_MS / 1_000} s`
    return [{ component: 'clock', level: 'failing', message }]
  }
  const message = `${set}; what was timed is timed anew`
  const fix = 'let a time service keep it, such as chrony: that one sets it slowly'
  return [{ component: 'clock', level: 'warning', message, fix }]
}
