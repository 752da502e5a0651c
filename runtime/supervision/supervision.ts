/**
 * What a failure means: pure arithmetic on how a child ended, how often it was started again, and
 * what its spec allows (Erlang/OTP's supervisors, with a growing pause before each restart).
 *
 * Intensity and period belong to the child, not to all children of a supervisor together: a worker
 * that crashes in a loop does not use up the restarts of its siblings. There is no one-for-all: a
 * child that exhausts its restarts fails its supervisor, and with it all of its siblings.
 */
export interface Supervision {
  /** `permanent`: always started again; `transient`: after a failure only; `temporary`: never. */
  readonly restart: RestartKind
  /** Restarts allowed within `periodMs`; the next one is not made. Default 5. */
  readonly intensity: number
  /** Unit: ms. Default 60 s. */
  readonly periodMs: number
  /** Pause before the first restart of a period; each further one waits twice as long. Unit: ms. Default 50. */
  readonly backoffMinMs: number
  /** The longest pause, before chance makes it up to a quarter longer. Unit: ms. Default 10 s. */
  readonly backoffMaxMs: number
  /** Of a child that used up its restarts: its supervisor fails too, or only the child is given up. Default `escalate`. */
  readonly exhausted: 'escalate' | 'stop'
}

export type RestartKind = 'permanent' | 'transient' | 'temporary'

export const SUPERVISION_DEFAULTS = {
  intensity: 5,
  periodMs: 60_000,
  backoffMinMs: 50,
  backoffMaxMs: 10_000,
  exhausted: 'escalate',
} as const satisfies Omit<Supervision, 'restart'>

/** How a child ended: because it wanted to, or because it could not go on. */
export type Ending =
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly error: unknown }

export type Verdict =
  | { readonly type: 'restart'; readonly afterMs: number }
  | { readonly type: 'stop' }
  | { readonly type: 'escalate' }

/** When a child was started again, oldest first; nothing older than a period. */
export type Restarts = readonly number[]

export interface Moment {
  readonly nowMs: number
  /** Chance, in [0, 1): spreads the restarts of many that failed together. */
  readonly fraction: number
}

export function judge(
  restarts: Restarts,
  ending: Ending['type'],
  rules: Supervision,
  { nowMs, fraction }: Moment,
): readonly [Restarts, Verdict] {
  const recent = restarts.filter((atMs) => atMs > nowMs - rules.periodMs)
  if (!wanted(rules.restart, ending)) return [recent, { type: 'stop' }]
  if (recent.length >= rules.intensity) return [recent, { type: rules.exhausted }]
  const pauseMs = Math.min(rules.backoffMaxMs, rules.backoffMinMs * 2 ** recent.length)
  const afterMs = pauseMs * (1 + fraction / 4) // 50 ms after a first failure: 50 to 62.5.
  return [[...recent, nowMs], { type: 'restart', afterMs }]
}

function wanted(restart: RestartKind, ending: Ending['type']): boolean {
  return restart === 'permanent' || (restart === 'transient' && ending === 'failed')
}
