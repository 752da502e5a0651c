const KIB = 1024
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** What one task may ask for. Beyond a limit it is refused, the limit named, and nothing stored. */
export const SPEC_LIMITS = {
  /** Bytes of the command and its arguments together: what a prompt may measure. */
  argvBytes: 256 * KIB,
  /** Bytes of one argument with the zero that ends it: more than this Linux does not start. */
  argumentBytes: 128 * KIB,
  argvCount: 1_024,
  envBytes: 64 * KIB,
  metadataBytes: 16 * KIB,
  titleLength: 200,
  projectLength: 100,
  keyLength: 200,
  labels: 32,
  labelLength: 100,
  dependencies: 100,
  retries: 100,
  outputBytes: 1024 * KIB * KIB,
  priority: 10,
} as const

/** What one shard takes on. */
export const QUEUE_LIMITS = {
  /** Tasks of a project that are yet to run: more are a producer that has lost its consumer. */
  waitingPerProject: 100_000,
  /** Tasks of one submit, all or none. */
  batch: 500,
  /** Tasks that one entry of a bulk action changes. */
  bulk: 500,
  /** Attempts remembered on a task's row; older ones are counted only. */
  attempts: 10,
  /** Results of attempts that were no longer current, remembered on a task's row. */
  lateResults: 3,
  /** Characters of an outcome's message. */
  messageLength: 200,
  /** Tasks that wait for one and the same. */
  dependents: 10_000,
} as const

/**
 * What history keeps of a task that has ended, so that its row takes about 1 KiB beside what its
 * caller wrote: ten millions of them are a few gigabytes.
 */
export const HISTORY_LIMITS = {
  /** The newest: all of them, with the default retries. */
  attempts: 4,
  /** Of those that did not complete. */
  dependencies: 1,
  lateResults: 1,
  reasonLength: 200,
} as const

export const DEFAULTS = {
  project: 'default',
  priority: 5,
  retries: 3,
  scheduleToStartMs: DAY_MS,
  startToCloseMs: 2 * HOUR_MS,
  totalMs: 7 * DAY_MS,
  retryBaseMs: 15_000,
  retryFactor: 2,
  retryCapMs: 15 * MINUTE_MS,
  retryJitter: 0.1,
  cols: 120,
  rows: 40,
  outputBytesMax: 64 * KIB * KIB,
} as const
