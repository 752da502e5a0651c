import type { AdminLimits } from './methods/method.ts'

/** What the admin door works with unless it is told otherwise; explained in `config/node.yaml`. */
export const ADMIN_LIMITS: AdminLimits = {
  messageBytesMax: 4 * 1024 * 1024,
  callsMax: 128,
  inFlightMax: 1_024,
  keepaliveIntervalMs: 10_000,
  keepaliveTimeoutMs: 5_000,
}
