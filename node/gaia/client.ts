import {
  credentials,
  makeClientConstructor,
  Metadata,
  status as Status,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js'
import { RuntimeError, type ErrorCode } from '../../runtime/errors.ts'
import { ADMIN_LIMITS } from '../admin/limits.ts'
import { ADMIN_SERVICE, FILLED, loadDefinitions } from '../admin/definitions.ts'
import { STATUS_OF } from '../admin/failure.ts'
import { Unreachable } from './exit.ts'
import type { Streaming, Unary } from './messages.ts'

/** One connection to the admin door of a node. Failures are `RuntimeError`s or `Unreachable`. */
export interface AdminClient {
  call<Name extends keyof Unary>(
    name: Name,
    request: Unary[Name]['request'],
  ): Promise<Unary[Name]['answer']>
  /** Ends the call when its reader stops reading. */
  stream<Name extends keyof Streaming>(
    name: Name,
    request: Streaming[Name]['request'],
  ): AsyncIterable<Streaming[Name]['answer']>
  close(): void
}

export interface AdminClientOptions {
  /** `host:port`. */
  readonly address: string
  readonly secret: string
  /** What to do when nothing listens there. */
  readonly whenRefused: string
}

/** A node that does not answer a question for so long is taken for gone. Unit: ms. */
const ANSWER_TIMEOUT_MS = 10_000

export function connectAdmin(options: AdminClientOptions): AdminClient {
  const { address, secret } = options
  const definitions = loadDefinitions('admin.proto', FILLED)
  const Client = makeClientConstructor({ ...definitions.service(ADMIN_SERVICE) }, 'Admin')
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': ADMIN_LIMITS.messageBytesMax,
    'grpc.keepalive_time_ms': ADMIN_LIMITS.keepaliveIntervalMs,
    'grpc.keepalive_timeout_ms': ADMIN_LIMITS.keepaliveTimeoutMs,
    'grpc.enable_retries': 0, // Our own: they keep the idempotency key and count the tries.
  })
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${secret}`)
  const methods = client as unknown as Record<string, (...parts: unknown[]) => unknown>
  const open = new Set<ClientReadableStream<never>>()

  return {
    call: (name, request) =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + ANSWER_TIMEOUT_MS
        const settle = (failure: ServiceError | null, answer: never): void => {
          if (failure) reject(failureOf(failure, options))
          else resolve(answer)
        }
        methods[name]?.call(client, request, metadata, { deadline }, settle)
      }),
    async *stream(name, request) {
      const call = methods[name]?.call(client, request, metadata) as ClientReadableStream<never>
      open.add(call)
      try {
        yield* call
      } catch (failure) {
        throw failureOf(failure as ServiceError, options)
      } finally {
        open.delete(call)
        call.cancel()
      }
    },
    close() {
      for (const call of open) call.cancel() // The channel itself would wait for them.
      client.close()
    },
  }
}

/** With our own code in its trailer the node has spoken; without, something on the way has. */
function failureOf(failure: ServiceError, { address, whenRefused }: AdminClientOptions): Error {
  const [code] = failure.metadata.get('architect-code')
  if (isErrorCode(code)) {
    const [retryAfterMs] = failure.metadata.get('retry-after-ms')
    return new RuntimeError(code, failure.details, {
      cause: failure,
      ...(retryAfterMs !== undefined && { retryAfterMs: Number(retryAfterMs) }),
    })
  }
  if (failure.code === Status.RESOURCE_EXHAUSTED) {
    return new RuntimeError('RESOURCE_EXHAUSTED', `Cannot send that: ${failure.details}`, {
      cause: failure,
    })
  }
  const refused = REFUSED.test(failure.details)
  const reason = refused ? `nothing listens there; ${whenRefused}` : reasonOf(failure)
  return new Unreachable(`Cannot reach the node at ${address}: ${reason}`, {
    cause: failure,
    refused,
  })
}

const REFUSED = /ECONNREFUSED/

function reasonOf({ code, details }: ServiceError): string {
  if (code === Status.DEADLINE_EXCEEDED) return `it does not answer for ${ANSWER_TIMEOUT_MS} ms`
  return details.split('\n')[0] ?? 'the connection was lost'
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(STATUS_OF, code)
}
