import { RuntimeError, type ErrorCode } from '../../runtime/errors.ts'

/** What `gaia` ends with. `gaia run` ends with its command's own code, and with 255 for these. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  timeout: 4,
  limit: 5,
  unreachable: 6,
  interrupted: 130,
  /** Of `gaia run`, for everything that is not the command's own doing; as `ssh` has it. */
  runFailed: 255,
} as const

/** The command ends with this line and this code. */
export class Ending extends Error {
  override readonly name = 'Ending'
  readonly exitCode: number

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** No node answered, so that nothing is known of what was asked. */
export class Unreachable extends Ending {
  /** Certainly nothing was sent: no node runs, or nothing listens there. */
  readonly refused: boolean

  constructor(message: string, options: ErrorOptions & { readonly refused: boolean }) {
    super(EXIT.unreachable, message, options)
    this.refused = options.refused
  }
}

const EXIT_OF: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_ARGUMENT: EXIT.usage,
  NOT_FOUND: EXIT.usage,
  DEADLINE_EXCEEDED: EXIT.timeout,
  RESOURCE_EXHAUSTED: EXIT.limit,
  MAILBOX_FULL: EXIT.limit,
  STORE_FULL: EXIT.limit,
  UNAVAILABLE: EXIT.unreachable,
  NOT_LEADER: EXIT.unreachable,
}

export function exitCodeOf(failure: unknown): number {
  if (failure instanceof Ending) return failure.exitCode
  if (failure instanceof RuntimeError) return EXIT_OF[failure.code] ?? EXIT.failed
  return EXIT.failed
}
