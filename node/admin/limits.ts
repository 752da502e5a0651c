/** What the admin door works with; explained in `config/node.yaml`. */
export interface AdminLimits {
  /** Largest message in either direction [4 MiB]. */
  readonly messageBytesMax: number
  /** Calls open at once on one connection [128]. */
  readonly callsMax: number
  /** Requests of one `Submit` stream that are not yet answered; beyond it we stop reading [1,024]. */
  readonly inFlightMax: number
  /** A connection that is silent so long is asked for a sign of life [10 s]. */
  readonly keepaliveIntervalMs: number
  /** … and closed when none comes for so long [5 s]. */
  readonly keepaliveTimeoutMs: number
}

export const ADMIN_LIMITS: AdminLimits = {
  messageBytesMax: 4 * 1024 * 1024,
  callsMax: 128,
  inFlightMax: 1_024,
  keepaliveIntervalMs: 10_000,
  keepaliveTimeoutMs: 5_000,
}
