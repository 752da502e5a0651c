/**
 * The holder's socket. It lies in a directory that only the node's user can enter, so whoever gets
 * here may do everything; still, nothing that is said here can harm the holder itself.
 */
import { chmodSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { AttemptKey, Exit } from '../../actors/terminals.ts'
import { encodeFrame, FrameDecoder } from './frames.ts'
import type { Holder } from './holder.ts'
import { parseRequest, type Reply, type Request, type Welcome } from './protocol.ts'
import { Streams } from './streams.ts'

const CONNECTIONS_MAX = 16

export interface DoorOptions {
  readonly store: string
  readonly welcome: () => Welcome
  readonly log: (line: string) => void
}

interface Visitor {
  readonly socket: Socket
  readonly streams: Streams
  welcomed: boolean
}

export class Door {
  readonly #options: DoorOptions
  readonly #holder: Holder
  readonly #visitors = new Set<Visitor>()
  readonly #server: Server

  constructor(holder: Holder, options: DoorOptions) {
    this.#holder = holder
    this.#options = options
    this.#server = createServer((socket) => this.#enter(socket))
    this.#server.maxConnections = CONNECTIONS_MAX
  }

  get visitorCount(): number {
    return this.#visitors.size
  }

  /** Calls back once nodes can connect. */
  open(path: string, opened: () => void): void {
    this.#server.listen(path, () => {
      chmodSync(path, 0o600)
      opened()
    })
  }

  exited(key: AttemptKey, exit: Exit): void {
    for (const visitor of this.#visitors) {
      if (visitor.welcomed) send(visitor.socket, { type: 'exit', key, exit })
    }
  }

  grown(key: AttemptKey): void {
    for (const visitor of this.#visitors) visitor.streams.grown(key)
  }

  #enter(socket: Socket): void {
    const streams = new Streams({
      source: (key) => this.#holder.source(key),
      send: (reply) => send(socket, reply),
      waitingBytes: () => socket.writableLength,
    })
    const visitor: Visitor = { socket, streams, welcomed: false }
    const decoder = new FrameDecoder()
    this.#visitors.add(visitor)
    socket.on('drain', () => streams.pump())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#visitors.delete(visitor))
    socket.on('data', (chunk) => {
      const wrong = this.#heard(visitor, decoder, chunk)
      if (!wrong) return
      this.#options.log(`A connection was ended: ${wrong}`)
      socket.destroy()
    })
  }

  /** What is wrong with it, if anything is. */
  #heard(visitor: Visitor, decoder: FrameDecoder, chunk: Uint8Array): string | undefined {
    try {
      for (const { header, payload } of decoder.push(chunk)) {
        const request = parseRequest(header, payload)
        if (!request) return 'it sent what is not a request'
        if (!visitor.welcomed && request.type !== 'hello') return 'it did not say hello'
        this.#obey(visitor, request)
      }
      return undefined
    } catch (error) {
      if (error instanceof RangeError || error instanceof SyntaxError) return error.message
      throw error
    }
  }

  #obey(visitor: Visitor, request: Request): void {
    const holder = this.#holder
    const { socket, streams } = visitor
    switch (request.type) {
      case 'hello':
        return this.#greet(visitor, request.store)
      case 'start':
        return this.#start(socket, request)
      case 'renew':
        holder.renew(request.renewals)
        return send(socket, { type: 'renewed', ask: request.ask })
      case 'list':
        return send(socket, { type: 'held', ask: request.ask, held: holder.held() })
      case 'end':
        return holder.end(request.key, request.reason)
      case 'write':
        return holder.write(request.key, request.bytes)
      case 'resize':
        return holder.resize(request.key, request.size)
      case 'forget':
        return holder.forget(request.key)
      case 'follow':
        return streams.open(request)
      case 'unfollow':
        return streams.close(request.stream)
      case 'taken':
        return streams.taken(request.stream, request.to)
      case 'adopt':
        return void holder.adopt()
      case 'drain':
        holder.draining = true
    }
  }

  #greet(visitor: Visitor, store: string): void {
    if (store !== this.#options.store) return void visitor.socket.destroy()
    visitor.welcomed = true
    send(visitor.socket, this.#options.welcome())
  }

  #start(socket: Socket, request: Request & { type: 'start' }): void {
    const { ask, spec } = request
    const refusal = this.#holder.start(spec)
    send(socket, refusal ? { type: 'refused', ask, ...refusal } : { type: 'started', ask })
  }
}

function send(socket: Socket, reply: Reply): void {
  if (socket.destroyed) return
  if (reply.type !== 'output') return void socket.write(encodeFrame(reply))
  const { bytes, ...header } = reply
  socket.write(encodeFrame(header, bytes))
}
