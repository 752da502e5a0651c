/** Every failure a caller may catch, and whether the same call may succeed if made again. */
const CODES = {
  /** What was asked is malformed or out of range; nothing was stored. */
  INVALID_ARGUMENT: { retryable: false },
  NOT_FOUND: { retryable: false },
  /** The same idempotency key came with another body, or the name is taken. */
  ALREADY_EXISTS: { retryable: false },
  /** The state of the thing does not allow it, now or ever. */
  FAILED_PRECONDITION: { retryable: false },
  UNAUTHENTICATED: { retryable: false },
  PERMISSION_DENIED: { retryable: false },
  /** A named limit is reached; `retryAfterMs` says when to try again. */
  RESOURCE_EXHAUSTED: { retryable: true },
  /** The outcome may be unknown: repeat with the same idempotency key. */
  UNAVAILABLE: { retryable: true },
  DEADLINE_EXCEEDED: { retryable: true },
  MAILBOX_FULL: { retryable: true },
  /** An actor that is asked has stopped, or never was. */
  ACTOR_STOPPED: { retryable: false },
  NOT_LEADER: { retryable: true },
  /** A write of an older epoch, boot or attempt was refused. */
  FENCED: { retryable: false },
  /** Stored bytes are not what was written: they are never served. */
  STORE_CORRUPT: { retryable: false },
  /** The disk refused; what was in flight is unknown until the store is opened again. */
  STORE_FAILED: { retryable: false },
  STORE_FULL: { retryable: true },
  /** Another process has the data directory open. */
  STORE_LOCKED: { retryable: false },
  /** The directory holds no store, or another cluster's, or a newer format. */
  STORE_REFUSED: { retryable: false },
} as const

export type ErrorCode = keyof typeof CODES

export interface RuntimeErrorOptions extends ErrorOptions {
  /** When the same call is worth making again. Unit: ms from now. */
  readonly retryAfterMs?: number
  /** Machine-readable facts beside the message, such as `{limit: 262144}`. Never a secret. */
  readonly details?: Readonly<Record<string, string | number>>
}

/** A failure of the world, or of what was asked. Bugs are assertions; expected outcomes are values. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly details: Readonly<Record<string, string | number>>

  /** @param message `Cannot <do what>: <what is the case>`, quoting text values, no final stop. */
  constructor(code: ErrorCode, message: string, options: RuntimeErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.retryable = CODES[code].retryable
    this.retryAfterMs = options.retryAfterMs
    this.details = options.details ?? {}
  }
}

/** What must hold in any correct program; kept in production. Its failure is a bug, never an input. */
export function assert(condition: unknown, mustHold: string): asserts condition {
  if (!condition) throw new AssertionError(mustHold)
}

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** The arm that a complete `switch` never reaches. */
export function unreachable(value: never): never {
  throw new AssertionError(`no such case: ${JSON.stringify(value)}`)
}
