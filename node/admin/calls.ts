import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type ServerDuplexStream,
  type ServerWritableStream,
} from '@grpc/grpc-js'
import { permits, type Role } from '../../actors/doors/principal.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import { statusOf } from './failure.ts'
import type { Caller, Exchange, Feed, Method, Outlet, Ports } from './methods/method.ts'

/**
 * Between grpc-js and our methods: who calls, may they, until when; one way out for every failure;
 * and no word to a method once its caller is gone.
 */
export interface Calls {
  answer(name: string, method: Method): Handler
  /** Ends every open stream so that its caller connects anew, to this node or another. */
  endStreams(): void
}

type Handler =
  | handleUnaryCall<object, object>
  | handleServerStreamingCall<object, object>
  | handleBidiStreamingCall<object, object>

interface CallsOptions extends Ports {
  readonly unexpected: (failure: unknown, method: string) => void
}

interface AnyCall {
  readonly metadata: Metadata
  getDeadline(): Date | number
}

export function createCalls(options: CallsOptions): Calls {
  const open = new Set<Outlet>()

  const status = (failure: unknown, name: string): ReturnType<typeof statusOf> => {
    if (failure instanceof RuntimeError) return statusOf(failure)
    options.unexpected(failure, name)
    return { ...statusOf(UNEXPECTED), code: INTERNAL }
  }

  const track = (call: Writable, name: string, feed: () => Feed | undefined): Outlet => {
    const outlet = outletOf(call, (failure) => status(failure, name))
    open.add(outlet)
    call.on('drain', () => feed()?.drained())
    call.on('cancelled', () => {
      if (open.delete(outlet)) feed()?.close() // grpc-js says this after an ordinary end too.
    })
    return outlet
  }

  const unary =
    (name: string, method: Shaped<'unary'>): Handler =>
    (call, callback) => {
      const answer = async (): Promise<object> =>
        method.answer(call.request, admit(call, method.role, options), options)
      answer().then(
        (message) => callback(null, message),
        (failure: unknown) => callback(status(failure, name)),
      )
    }

  const stream =
    (name: string, method: Shaped<'stream'>): Handler =>
    (call: ServerWritableStream<object, object>) => {
      let feed: Feed | undefined
      const outlet = track(call, name, () => feed)
      attempt(outlet, () => {
        feed = method.open(call.request, admit(call, method.role, options), options, outlet)
      })
    }

  const exchange =
    (name: string, method: Shaped<'exchange'>): Handler =>
    (call: ServerDuplexStream<object, object>) => {
      let feed: Exchange | undefined
      const outlet = track(call, name, () => feed)
      attempt(outlet, () => {
        const { principal } = admit(call, method.role, options)
        const inlet = { resume: () => void call.resume() }
        feed = method.open({ principal }, options, outlet, inlet)
      })
      call.on('data', (message: object) => {
        attempt(outlet, () => {
          if (feed?.receive(message) === false) call.pause()
        })
      })
      call.on('end', () => feed?.finish())
    }

  return {
    answer(name, method) {
      switch (method.shape) {
        case 'unary':
          return unary(name, method)
        case 'stream':
          return stream(name, method)
        case 'exchange':
          return exchange(name, method)
      }
    },
    endStreams() {
      for (const outlet of open) outlet.end(STOPPING)
    },
  }
}

type Shaped<Shape> = Extract<Method, { readonly shape: Shape }>

/** What both sorts of outgoing stream have. */
interface Writable {
  readonly cancelled: boolean
  on(event: 'drain' | 'cancelled', listener: () => void): unknown
  emit(event: 'error', status: object): boolean
  write(message: object): boolean
  end(): unknown
}

const INTERNAL = 13
const UNEXPECTED = new RuntimeError('UNAVAILABLE', 'Cannot answer: the node met a bug of its own')
const STOPPING = new RuntimeError('UNAVAILABLE', 'Cannot go on: the node is stopping', {
  retryAfterMs: 1_000,
})

function outletOf(call: Writable, status: (failure: unknown) => object): Outlet {
  let ended = false
  return {
    write(message) {
      if (ended || call.cancelled) return false
      return call.write(message)
    },
    end(failure) {
      if (ended) return
      ended = true
      if (failure === undefined) call.end()
      else call.emit('error', status(failure))
    },
  }
}

function attempt(outlet: Outlet, run: () => void): void {
  try {
    run()
  } catch (failure) {
    outlet.end(failure)
  }
}

/** The caller, if the secret is somebody's and that somebody may. */
function admit(call: AnyCall, needed: Role, { credentials, clock }: Ports): Caller {
  const [authorization = ''] = call.metadata.get('authorization')
  const [scheme, secret = ''] = String(authorization).split(' ')
  const principal = scheme?.toLowerCase() === 'bearer' ? credentials.verify(secret) : undefined
  if (!principal) {
    const message = 'Cannot tell who calls: send the metadata "authorization: Bearer TOKEN"'
    throw new RuntimeError('UNAUTHENTICATED', message)
  }
  if (!permits(principal.role, needed)) {
    const message = `Cannot allow that: it takes the role "${needed}", and this is "${principal.role}"`
    throw new RuntimeError('PERMISSION_DENIED', message, { details: { needed } })
  }
  const leftMs = Number(call.getDeadline()) - clock.wallMs()
  return Number.isFinite(leftMs)
    ? { principal, deadlineMs: clock.monotonicMs() + leftMs }
    : { principal }
}
