import { STATUS_CODES } from 'node:http'
import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js'
import { RuntimeError } from '../../runtime/errors.ts'
import type { UwsModule } from './native/load.ts'
import {
  FRAME_BYTES_MAX,
  type Headers,
  type HttpServer,
  type HttpServerOptions,
  type LowerCase,
  type Outflow,
  type Reply,
  type Request,
  SILENT_S_MAX,
  type Socket,
  type SocketListener,
  type UpgradeReply,
} from './server.ts'

/**
 * The server on uWebSockets.js. Its rules: a request is valid only while its handler runs, so what
 * is asked of it later is copied; an answer is written inside `cork`; after `onAborted` or the end of
 * an answer, and after `close` of a socket, the native object must not be touched again.
 */

/** Bytes the library may queue for a socket; the live protocol gives up on a reader long before. */
const QUEUED_BYTES_MAX = 16 * 1024 * 1024

/** Throws `FAILED_PRECONDITION` when it cannot listen. */
export function listenUws(uws: UwsModule, options: HttpServerOptions): HttpServer {
  const { host, port, listener } = options
  const app = uws.App()
  app.ws<Kept>('/*', {
    maxPayloadLength: FRAME_BYTES_MAX,
    maxBackpressure: QUEUED_BYTES_MAX,
    idleTimeout: SILENT_S_MAX,
    sendPingsAutomatically: true,
    upgrade(response, request, context) {
      const asked = copied(request, response)
      const reply = new UwsUpgrade(response, asked, context)
      if (isUpgrade(asked)) listener.upgrade(asked, reply)
      else listener.request(asked, reply)
    },
    open: (socket) => socket.getUserData().opened.by(socket),
    message(socket, bytes, isBinary) {
      socket
        .getUserData()
        .opened.listener?.message(new Uint8Array(bytes), isBinary ? 'binary' : 'text')
    },
    drain: (socket) => socket.getUserData().opened.listener?.drained(),
    close: (socket) => socket.getUserData().opened.closed(),
  })
  app.any('/*', (response, request) => {
    const asked = copied(request, response)
    const reply = new UwsReply(response, asked)
    if (/^\d*$/.test(asked.header('content-length'))) listener.request(asked, reply)
    else reply.send(400, [], '')
  })
  // Without this flag two programs would share the port, and each would get some of the requests.
  const listening = listenExclusively(app, host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT)
  if (!listening) {
    const message = `Cannot listen for HTTP on ${host}:${port}: the port is taken, or the address is not of this machine`
    throw new RuntimeError('FAILED_PRECONDITION', message)
  }
  return {
    port: uws.us_socket_local_port(listening),
    form: 'uws',
    stop: () => void app.close(),
  }
}

/** The types of the package do not know this form of `listen`, which is the one that takes both. */
function listenExclusively(
  app: TemplatedApp,
  host: string,
  port: number,
  exclusive: number,
): us_listen_socket | undefined {
  const { listen } = app as unknown as {
    listen(
      host: string,
      port: number,
      options: number,
      done: (listening: us_listen_socket | false) => void,
    ): void
  }
  let found: us_listen_socket | undefined
  listen.call(app, host, port, exclusive, (listening) => {
    if (listening !== false) found = listening
  })
  return found
}

function copied(request: HttpRequest, response: HttpResponse): Request {
  const headers = new Map<string, string>()
  request.forEach((name, value) => {
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  })
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    query: request.getQuery(),
    header: (name: LowerCase) => headers.get(name) ?? '',
    remote: Buffer.from(response.getRemoteAddressAsText()).toString('latin1'),
  }
}

/** The library asks only for the key. */
function isUpgrade(request: Request): boolean {
  const asksFor = request.header('upgrade').toLowerCase() === 'websocket'
  return asksFor && request.header('sec-websocket-version') === '13'
}

class UwsReply implements Reply {
  protected readonly response: HttpResponse
  protected readonly request: Request
  /** Answered, or the client has gone. */
  protected over = false
  #gone: (() => void) | undefined

  constructor(response: HttpResponse, request: Request) {
    this.response = response
    this.request = request
    response.onAborted(() => {
      this.over = true
      this.#gone?.()
    })
  }

  body(bytesMax: number, done: (body: Uint8Array | undefined) => void): void {
    const parts: Buffer[] = []
    let bytes = 0
    this.response.onData((part, isLast) => {
      if (bytes > bytesMax) return
      bytes += part.byteLength
      if (bytes > bytesMax) return done(undefined)
      parts.push(Buffer.from(part.slice(0))) // The library takes its own memory back.
      if (isLast) done(Buffer.concat(parts))
    })
  }

  send(status: number, headers: Headers, body: Uint8Array | string): void {
    if (this.over) return
    this.over = true
    const { response, request } = this
    response.cork(() => {
      begin(response, status, headers)
      if (status === 204 || status === 304) response.endWithoutBody()
      else if (request.method === 'HEAD') response.endWithoutBody(Buffer.byteLength(body))
      else response.end(body)
    })
  }

  onGone(listener: () => void): void {
    this.#gone = listener
  }

  stream(status: number, headers: Headers, drained: () => void): Outflow {
    const { response } = this
    if (!this.over) {
      response.cork(() => begin(response, status, headers))
      response.onWritable(() => {
        drained()
        return true
      })
    }
    return {
      write: (bytes) => {
        let room = false
        if (!this.over) response.cork(() => (room = response.write(bytes)))
        return room
      },
      end: () => {
        if (this.over) return
        this.over = true
        response.cork(() => response.end())
      },
      abort: () => {
        if (!this.over) response.close()
      },
    }
  }
}

function begin(response: HttpResponse, status: number, headers: Headers): void {
  response.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`)
  for (const [name, value] of headers) response.writeHeader(name, value)
}

class UwsUpgrade extends UwsReply implements UpgradeReply {
  readonly #context: us_socket_context_t

  constructor(response: HttpResponse, request: Request, context: us_socket_context_t) {
    super(response, request)
    this.#context = context
  }

  open(protocol: string, listener: (socket: Socket) => SocketListener): void {
    if (this.over) return
    this.over = true
    const key = this.request.header('sec-websocket-key')
    const kept = { opened: new Opened(listener) }
    this.response.upgrade<Kept>(kept, key, protocol, '', this.#context)
  }
}

/** The library copies these fields to each socket of its own; an object with a class would lose it. */
interface Kept {
  readonly opened: Opened
}

class Opened {
  listener: SocketListener | undefined
  readonly #make: (socket: Socket) => SocketListener
  #socket: UwsSocket | undefined

  constructor(make: (socket: Socket) => SocketListener) {
    this.#make = make
  }

  by(native: WebSocket<Kept>): void {
    this.#socket = new UwsSocket(native)
    this.listener = this.#make(this.#socket)
  }

  closed(): void {
    this.#socket?.gone()
    this.listener?.closed()
  }
}

class UwsSocket implements Socket {
  #native: WebSocket<Kept> | undefined

  constructor(native: WebSocket<Kept>) {
    this.#native = native
  }

  gone(): void {
    this.#native = undefined
  }

  send(bytes: Uint8Array, kind: 'text' | 'binary'): void {
    this.#native?.send(bytes, kind === 'binary')
  }

  get queuedBytes(): number {
    return this.#native?.getBufferedAmount() ?? 0
  }

  close(code: number, reason: string): void {
    this.#native?.end(code, reason)
  }

  terminate(): void {
    this.#native?.close()
  }
}
