import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { RuntimeError } from '../../runtime/errors.ts'
import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
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

/** The server on `node:http` and `ws`, for systems that uWebSockets.js has no binary for. */

const HEADER_BYTES_MAX = 16 * 1024
/** A head, and a whole request, that take longer are cut. Unit: ms. */
const HEAD_MS_MAX = 10_000
const REQUEST_MS_MAX = 60_000

/** Resolves once it listens. Throws `FAILED_PRECONDITION` when it cannot. */
export async function listenNode(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, listener, clock } = options
  const server = createServer({
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEAD_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    shouldUpgradeCallback: isUpgrade,
  })
  const protocols = new WeakMap<IncomingMessage, string>()
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: (_offered, message) => protocols.get(message) ?? false,
  })
  server.on('request', (message, response) => {
    if (twoHosts(message)) return void response.writeHead(400, { connection: 'close' }).end()
    listener.request(requestOf(message), new NodeReply(message, () => response))
  })
  server.on('upgrade', (message, stream, head) => {
    const reply = new NodeUpgrade(message, { stream, head, sockets, protocols })
    if (twoHosts(message) || !isUpgrade(message)) return reply.send(400, [], '')
    listener.upgrade(requestOf(message), reply)
  })
  await listening(server, host, port)
  const pulse = watchPulse(sockets, clock)
  return {
    port: (server.address() as AddressInfo).port,
    form: 'node',
    stop() {
      pulse.cancel()
      server.close()
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
    },
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (failure) => {
      const message = `Cannot listen for HTTP on ${host}:${port}: ${failure.message}`
      reject(new RuntimeError('FAILED_PRECONDITION', message, { cause: failure }))
    })
    server.listen({ host, port, exclusive: true }, resolve)
  })
}

/** Cuts the sockets that have not answered since the last round. */
function watchPulse(sockets: WebSocketServer, clock: Clock): Timer {
  const answered = new WeakSet<WebSocket>()
  const roundMs = (SILENT_S_MAX * 1_000) / 2
  sockets.on('connection', (socket: WebSocket) => {
    answered.add(socket)
    socket.on('pong', () => answered.add(socket))
  })
  let timer: Timer
  const round = (): void => {
    for (const socket of sockets.clients) {
      if (answered.delete(socket)) socket.ping()
      else socket.terminate()
    }
    timer = clock.after(roundMs, round)
  }
  timer = clock.after(roundMs, round)
  return { cancel: () => timer.cancel() }
}

/** Where two are named, the one that was checked may not be the one that is used. */
function twoHosts({ headersDistinct }: IncomingMessage): boolean {
  return (headersDistinct['host']?.length ?? 0) > 1
}

function isUpgrade({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    headers['sec-websocket-key']?.length === 24
  )
}

function requestOf(message: IncomingMessage): Request {
  const { method = '', url = '', headersDistinct } = message
  const mark = url.indexOf('?')
  return {
    method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    header: (name: LowerCase) => headersDistinct[name]?.join(', ') ?? '',
    remote: message.socket.remoteAddress ?? '',
  }
}

class NodeReply implements Reply {
  protected readonly message: IncomingMessage
  /** Answered, or the client has gone. */
  protected over = false
  readonly #response: () => ServerResponse

  /** @param response called at most once, when there is something to answer. */
  constructor(message: IncomingMessage, response: () => ServerResponse) {
    this.message = message
    this.#response = response
    message.on('error', () => undefined) // `close` follows, of the answer too.
  }

  body(bytesMax: number, done: (body: Uint8Array | undefined) => void): void {
    const parts: Buffer[] = []
    let bytes = 0
    this.message.on('data', (part: Buffer) => {
      if (bytes > bytesMax) return
      bytes += part.length
      if (bytes > bytesMax) done(undefined)
      else parts.push(part)
    })
    this.message.on('end', () => {
      if (bytes <= bytesMax) done(Buffer.concat(parts))
    })
  }

  send(status: number, headers: Headers, body: Uint8Array | string): void {
    if (this.over) return
    this.over = true
    const response = this.#response()
    for (const [name, value] of headers) response.setHeader(name, value)
    const bodiless = status === 204 || status === 304
    if (!bodiless) response.setHeader('content-length', Buffer.byteLength(body))
    response.writeHead(status).end(bodiless ? undefined : body)
  }

  onGone(listener: () => void): void {
    this.#response().on('close', () => {
      if (!this.over) listener()
      this.over = true
    })
  }

  stream(status: number, headers: Headers, drained: () => void): Outflow {
    const response = this.#response()
    for (const [name, value] of headers) response.setHeader(name, value)
    response.writeHead(status)
    response.on('drain', drained)
    return {
      write: (bytes) => !this.over && response.write(bytes),
      end: () => {
        this.over = true
        response.end()
      },
      abort: () => void response.destroy(),
    }
  }
}

interface UpgradeParts {
  readonly stream: Duplex
  readonly head: Buffer
  readonly sockets: WebSocketServer
  /** Which was chosen for a request. */
  readonly protocols: WeakMap<IncomingMessage, string>
}

class NodeUpgrade extends NodeReply implements UpgradeReply {
  readonly #parts: UpgradeParts

  constructor(message: IncomingMessage, parts: UpgradeParts) {
    super(message, () => plainResponse(message, parts.stream))
    this.#parts = parts
  }

  open(protocol: string, listener: (socket: Socket) => SocketListener): void {
    if (this.over) return
    this.over = true
    const { stream, head, sockets, protocols } = this.#parts
    protocols.set(this.message, protocol)
    sockets.handleUpgrade(this.message, stream, head, (native) => {
      const socket = new NodeSocket(native)
      const heard = listener(socket)
      native.on('message', (bytes: Buffer, isBinary) => {
        if (!socket.over) heard.message(bytes, isBinary ? 'binary' : 'text')
      })
      stream.on('drain', () => {
        if (!socket.over) heard.drained()
      })
      native.on('error', () => undefined) // `close` follows.
      native.on('close', () => {
        socket.over = true
        heard.closed()
      })
      sockets.emit('connection', native, this.message)
    })
  }
}

/** For a request that asked to become something else, and does not: one answer, then the end. */
function plainResponse(message: IncomingMessage, stream: Duplex): ServerResponse {
  const response = new ServerResponse(message)
  response.shouldKeepAlive = false
  response.assignSocket(stream as NetSocket)
  response.on('finish', () => {
    response.detachSocket(stream as NetSocket)
    stream.end()
  })
  return response
}

class NodeSocket implements Socket {
  over = false
  readonly #native: WebSocket

  constructor(native: WebSocket) {
    this.#native = native
  }

  send(bytes: Uint8Array, kind: 'text' | 'binary'): void {
    if (!this.over) this.#native.send(bytes, { binary: kind === 'binary' })
  }

  get queuedBytes(): number {
    return this.over ? 0 : this.#native.bufferedAmount
  }

  close(code: number, reason: string): void {
    this.#native.close(code, reason)
  }

  terminate(): void {
    this.#native.terminate()
  }
}
