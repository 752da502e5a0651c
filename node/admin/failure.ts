import { Metadata, status as Status, type ServerErrorResponse } from '@grpc/grpc-js'
import { lineOf, textsOf } from '../../actors/doors/failure.ts'
import type { ErrorCode, RuntimeError } from '../../runtime/errors.ts'
import { loadDefinitions, SENT, type Definitions } from './definitions.ts'

/**
 * How a failure looks on the wire: a standard status code and one line; the metadata
 * `architect-code` and `retry-after-ms`; and the same as `google.rpc` details for clients that read
 * those. Never a stack. A failure that is not a `RuntimeError` is a bug of ours: it is told to the
 * log, and the caller learns only that.
 */
export const STATUS_OF = {
  INVALID_ARGUMENT: Status.INVALID_ARGUMENT,
  NOT_FOUND: Status.NOT_FOUND,
  ALREADY_EXISTS: Status.ALREADY_EXISTS,
  FAILED_PRECONDITION: Status.FAILED_PRECONDITION,
  UNAUTHENTICATED: Status.UNAUTHENTICATED,
  PERMISSION_DENIED: Status.PERMISSION_DENIED,
  RESOURCE_EXHAUSTED: Status.RESOURCE_EXHAUSTED,
  UNAVAILABLE: Status.UNAVAILABLE,
  DEADLINE_EXCEEDED: Status.DEADLINE_EXCEEDED,
  MAILBOX_FULL: Status.RESOURCE_EXHAUSTED,
  ACTOR_STOPPED: Status.UNAVAILABLE,
  NOT_LEADER: Status.UNAVAILABLE,
  FENCED: Status.ABORTED,
  STORE_CORRUPT: Status.DATA_LOSS,
  STORE_FAILED: Status.UNAVAILABLE,
  STORE_FULL: Status.RESOURCE_EXHAUSTED,
  STORE_LOCKED: Status.FAILED_PRECONDITION,
  STORE_REFUSED: Status.FAILED_PRECONDITION,
} satisfies Record<ErrorCode, Status>

const DOMAIN = 'architect'
const TYPE_URL = 'type.googleapis.com/google.rpc.'

let loaded: Definitions | undefined // Once a process: it is the content of a file.

/** The failure as grpc-js wants it. */
export function statusOf(failure: RuntimeError): ServerErrorResponse & { metadata: Metadata } {
  const code = STATUS_OF[failure.code]
  const message = lineOf(failure.message)
  const metadata = new Metadata()
  metadata.set('architect-code', failure.code)
  if (failure.retryAfterMs !== undefined) {
    metadata.set('retry-after-ms', String(Math.ceil(failure.retryAfterMs)))
  }
  metadata.set('grpc-status-details-bin', detailsOf(failure, code, message))
  return { name: 'RuntimeError', message, code, details: message, metadata }
}

/** A `google.rpc.Status` with ErrorInfo, and RetryInfo or BadRequest where they say something. */
function detailsOf(failure: RuntimeError, code: Status, message: string): Buffer {
  loaded ??= loadDefinitions('status.proto', SENT)
  const { encode } = loaded
  const any = (name: string, value: object): object => ({
    typeUrl: TYPE_URL + name,
    value: encode(`google.rpc.${name}`, value),
  })
  const { field, ...facts } = textsOf(failure.details)
  const details = [any('ErrorInfo', { reason: failure.code, domain: DOMAIN, metadata: facts })]
  if (failure.retryAfterMs !== undefined) {
    const seconds = Math.floor(failure.retryAfterMs / 1_000)
    const nanos = Math.round((failure.retryAfterMs - seconds * 1_000) * 1e6)
    details.push(any('RetryInfo', { retryDelay: { seconds, nanos } }))
  }
  if (field !== undefined) {
    const fieldViolations = [{ field, description: message }]
    details.push(any('BadRequest', { fieldViolations }))
  }
  return Buffer.from(encode('google.rpc.Status', { code, message, details }))
}
