/** How work is handed out and kept alive. The page on attempts in `docs/` has the reasons in full. */
export interface WorkOptions {
  /** How long a credit holds its slot, from when it was sent. Unit: ms. Default 500. */
  readonly creditMs: number
  /** How long an attempt may run unrenewed; `unlimited` while its store is the shard's only replica. */
  readonly leashMs: number | 'unlimited'
  /** Between renewals. Unit: ms. Default 10 s: two may be lost. */
  readonly renewMs: number
  /** An attempt whose store has been silent for so long is lost. Unit: ms. Default 35 s. */
  readonly requeueMs: number
  /** The longest that ending a process tree takes. Unit: ms. Default 1 s. */
  readonly killMs: number
  /** By how much the rates of two machines' clocks may differ, as a share. Default 0.06. */
  readonly drift: number
  /** Between repetitions of a report that was not answered. Unit: ms. Default 1 s. */
  readonly repeatMs: number
}

export const WORK_DEFAULTS: WorkOptions = {
  creditMs: 500,
  leashMs: 'unlimited',
  renewMs: 10_000,
  requeueMs: 35_000,
  killMs: 1_000,
  drift: 0.06,
  repeatMs: 1_000,
}

/** True if no second attempt can start before the first has been ended, whatever the clocks' rates. */
export function marginHolds({ leashMs, requeueMs, killMs, drift }: WorkOptions): boolean {
  if (leashMs === 'unlimited') return true
  return requeueMs >= (leashMs / (1 - drift) + killMs) * (1 + drift)
}
