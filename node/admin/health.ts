import type { sendUnaryData, Server, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js'
import { RuntimeError } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import { HEALTH_SERVICE, loadDefinitions, SENT } from './definitions.ts'
import { statusOf } from './failure.ts'

/** The standard health service. It says only a status, and so asks for no credential. */
export interface Health {
  addTo(server: Server): void
  /** Tells who watches that it serves no longer, and ends the watches. */
  endStreams(): void
}

export interface HealthOptions {
  /** The names that health knows; `''` is the node as a whole. */
  readonly services: readonly string[]
  readonly clock: Pick<Clock, 'after'>
  /** Tasks can be submitted here, and run. */
  ready(): boolean
}

type Request = { readonly service?: string }
type Answer = { readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' }
type Watcher = ServerWritableStream<Request, Answer>

/** Watches held at once; each is a call without a credential. */
const WATCHERS_MAX = 1_000

/** Between two looks on behalf of those who watch. Unit: ms. */
const LOOK_MS = 1_000

export function createHealth({ services, clock, ready }: HealthOptions): Health {
  const watchers = new Set<Watcher>()
  let told: Answer['status'] = 'NOT_SERVING'
  let looking = false
  let ended = false

  const status = (): Answer['status'] => (ready() && !ended ? 'SERVING' : 'NOT_SERVING')
  const knows = ({ request }: Pick<Watcher, 'request'>): boolean =>
    services.includes(request.service ?? '')

  const check = (call: ServerUnaryCall<Request, Answer>, answer: sendUnaryData<Answer>): void => {
    if (knows(call)) return answer(null, { status: status() })
    const { service = '' } = call.request
    answer(statusOf(new RuntimeError('NOT_FOUND', `Cannot tell: no service "${service}" is here`)))
  }

  const tell = (): void => {
    const now = status()
    if (now === told) return
    told = now
    for (const call of watchers) if (knows(call)) call.write({ status: now })
  }
  const lookLater = (): void => {
    if (looking || ended || watchers.size === 0) return
    looking = true
    clock.after(LOOK_MS, () => {
      looking = false
      tell()
      lookLater()
    })
  }

  const watch = (call: Watcher): void => {
    tell()
    call.write({ status: knows(call) ? told : 'SERVICE_UNKNOWN' })
    if (watchers.size >= WATCHERS_MAX) return void call.emit('error', statusOf(TOO_MANY))
    watchers.add(call)
    lookLater()
    call.on('cancelled', () => watchers.delete(call))
  }

  return {
    addTo(server) {
      const definition = loadDefinitions('health.proto', SENT).service(HEALTH_SERVICE)
      server.addService(definition, { Check: check, Watch: watch })
    },
    endStreams() {
      ended = true
      tell()
      for (const call of watchers) call.end()
    },
  }
}

const TOO_MANY = new RuntimeError(
  'RESOURCE_EXHAUSTED',
  `Cannot hold another watch: there are ${WATCHERS_MAX}`,
  { details: { limit: WATCHERS_MAX } },
)
