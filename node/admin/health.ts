import type { sendUnaryData, Server, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js'
import { RuntimeError } from '../../runtime/errors.ts'
import { HEALTH_SERVICE, loadDefinitions, SENT } from './definitions.ts'
import { statusOf } from './failure.ts'

/** The standard health service. It says only a status, and so asks for no credential. */
export interface Health {
  addTo(server: Server): void
  serve(serving: boolean): void
  endStreams(): void
}

type Request = { readonly service?: string }
type Answer = { readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' }
type Watcher = ServerWritableStream<Request, Answer>

/** Watches held at once; each is a call without a credential. */
const WATCHERS_MAX = 1_000

/** @param services the names that health knows; `''` is the node as a whole. */
export function createHealth(services: readonly string[]): Health {
  const watchers = new Set<Watcher>()
  let status: Answer['status'] = 'NOT_SERVING'

  const check = (call: ServerUnaryCall<Request, Answer>, answer: sendUnaryData<Answer>): void => {
    const { service = '' } = call.request
    if (services.includes(service)) return answer(null, { status })
    answer(statusOf(new RuntimeError('NOT_FOUND', `Cannot tell: no service "${service}" is here`)))
  }

  const watch = (call: Watcher): void => {
    const known = services.includes(call.request.service ?? '')
    call.write({ status: known ? status : 'SERVICE_UNKNOWN' })
    if (watchers.size >= WATCHERS_MAX) return void call.emit('error', statusOf(TOO_MANY))
    watchers.add(call)
    call.on('cancelled', () => watchers.delete(call))
  }

  return {
    addTo(server) {
      const definition = loadDefinitions('health.proto', SENT).service(HEALTH_SERVICE)
      server.addService(definition, { Check: check, Watch: watch })
    },
    serve(serving) {
      const next = serving ? 'SERVING' : 'NOT_SERVING'
      if (next === status) return
      status = next
      for (const call of watchers) {
        if (services.includes(call.request.service ?? '')) call.write({ status })
      }
    },
    endStreams() {
      for (const call of watchers) call.end()
    },
  }
}

const TOO_MANY = new RuntimeError(
  'RESOURCE_EXHAUSTED',
  `Cannot hold another watch: there are ${WATCHERS_MAX}`,
  { details: { limit: WATCHERS_MAX } },
)
