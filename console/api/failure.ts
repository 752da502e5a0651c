import { failureMessage } from '../../actors/doors/failure.ts'
import { type ErrorCode, RuntimeError } from '../../runtime/errors.ts'
import type { Headers } from '../http/server.ts'
import type { Problem } from '../protocol.ts'

/** How a failure looks over HTTP: a status, and one line with a code and facts. Never a stack. */
export const STATUS_OF = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  FAILED_PRECONDITION: 409,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
  MAILBOX_FULL: 429,
  ACTOR_STOPPED: 503,
  NOT_LEADER: 503,
  FENCED: 409,
  STORE_CORRUPT: 500,
  STORE_FAILED: 503,
  STORE_FULL: 507,
  STORE_LOCKED: 409,
  STORE_REFUSED: 409,
} satisfies Record<ErrorCode, number>

export interface Failed {
  readonly status: number
  readonly problem: Problem
  readonly headers: Headers
}

/** `unexpected` is told of what is no `RuntimeError`: a bug, of which the caller learns only that. */
export function failed(failure: unknown, unexpected: (failure: unknown) => void): Failed {
  if (!(failure instanceof RuntimeError)) {
    unexpected(failure)
    return { status: 500, problem: BUG, headers: [] }
  }
  const { code, message, details, retryAfterMs } = failureMessage(failure)
  const problem = { code, message, details }
  if (retryAfterMs === undefined) return { status: STATUS_OF[failure.code], problem, headers: [] }
  return {
    status: STATUS_OF[failure.code],
    problem: { ...problem, retryMs: retryAfterMs },
    headers: [['retry-after', String(Math.ceil(retryAfterMs / 1_000))]],
  }
}

const BUG: Problem = {
  code: 'INTERNAL',
  message: 'Cannot answer: the node met a bug of its own',
  details: {},
}
