import type { ClockGuard } from '../../runtime/scheduling/clock-guard.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'

/** How long a clock that was set is not believed about the age of things. Unit: ms. */
const DOUBTED_MS = 86_400_000

/**
 * Everything before this moment on the wall clock is at least so old; nothing is while the clock may
 * be wrong: one that was set a year ahead for an hour would cost all that is kept for a time.
 */
export function momentBefore(
  { clock, clockGuard }: { clock: Clock; clockGuard: Pick<ClockGuard, 'wallMs' | 'jump'> },
  ageMs: number,
): number {
  const { jump } = clockGuard
  const wallMs = clockGuard.wallMs()
  const steady = !jump || clock.monotonicMs() - jump.atMs > DOUBTED_MS
  return steady && wallMs !== undefined ? wallMs - ageMs : -Infinity
}
