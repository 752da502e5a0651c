/**
 * One connection from a node to one generation of its holder: asks and their answers, and streams.
 * When it closes, every ask is answered with `undefined`: nobody knows.
 */
import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { encodeFrame, FrameDecoder } from './frames.ts'
import { holderDirectory, socketPath } from './ledger.ts'
import type { Reply, Request, Welcome } from './protocol.ts'

/** Longer paths do not fit the address of a unix socket (108 bytes on Linux, 104 on macOS). */
const PATH_BYTES_MAX = 100

type Answer = Extract<Reply, { readonly ask: number }>
type StreamReply = Extract<Reply, { readonly stream: number }>
type ExitReply = Extract<Reply, { readonly type: 'exit' }>
/** `Omit` that keeps the members of a union apart. */
type Unnumbered<R> = R extends { readonly ask: number } ? Omit<R, 'ask'> : never

export interface LinkOptions {
  readonly data: string
  readonly generation: number
  readonly store: string
  /** A holder that does not answer for this long is stopped or hangs; the link closes. */
  readonly silentMs: number
  readonly exited: (exit: ExitReply) => void
  /** Once, also if it never opened. */
  readonly closed: () => void
}

export class Link {
  readonly generation: number
  readonly #options: LinkOptions
  readonly #socket: Socket
  readonly #decoder = new FrameDecoder()
  readonly #asks = new Map<number, (answer: Answer | undefined) => void>()
  readonly #streams = new Map<number, (reply: StreamReply) => void>()
  #next = 1
  #over = false
  readonly #welcomed: (welcome: Welcome) => void
  welcome: Welcome | undefined
  /** The holder's system accepted; the holder itself may still be silent. */
  connected = false

  constructor(options: LinkOptions, welcomed: (welcome: Welcome) => void) {
    this.generation = options.generation
    this.#options = options
    this.#socket = connectTo(options.data, options.generation)
    const silent = setTimeout(() => this.#socket.destroy(), this.#options.silentMs)
    this.#socket.on('data', (chunk) => this.#heard(chunk))
    this.#socket.on('connect', () => {
      this.connected = true
      this.send({ type: 'hello', version: 1, store: options.store })
    })
    this.#socket.on('error', () => {}) // 'close' follows.
    this.#socket.on('close', () => {
      clearTimeout(silent)
      this.#closed()
    })
    this.#welcomed = (welcome) => {
      clearTimeout(silent)
      welcomed(welcome)
    }
  }

  /**
   * Answered with `undefined` only after `closed` was called: until then its owner takes this link
   * for a good one, and would ask it again, and again, in one turn that never ends.
   */
  ask(request: Unnumbered<Request>, answered: (answer: Answer | undefined) => void): void {
    if (this.#over) return queueMicrotask(() => answered(undefined))
    const ask = this.#next++
    const silent = setTimeout(() => this.#socket.destroy(), this.#options.silentMs)
    this.#asks.set(ask, (answer) => {
      clearTimeout(silent)
      answered(answer)
    })
    if (!this.#socket.destroyed) this.#socket.write(encodeFrame({ ...request, ask }))
  }

  send(request: Request): void {
    if (this.#socket.destroyed) return
    if (request.type !== 'write') return void this.#socket.write(encodeFrame(request))
    const { bytes, ...header } = request
    this.#socket.write(encodeFrame(header, bytes))
  }

  /** Its number on this link. `heard` is not called again once the link has closed. */
  openStream(heard: (reply: StreamReply) => void): number {
    const stream = this.#next++
    this.#streams.set(stream, heard)
    return stream
  }

  closeStream(stream: number): void {
    if (this.#streams.delete(stream)) this.send({ type: 'unfollow', stream })
  }

  close(): void {
    this.#socket.destroy()
  }

  #heard(chunk: Uint8Array): void {
    try {
      for (const { header, payload } of this.#decoder.push(chunk)) {
        // Our own holder's words: it bounds and types what it says.
        const said = header as Reply
        this.#take(said.type === 'output' ? { ...said, bytes: payload } : said)
      }
    } catch (error) {
      if (!(error instanceof RangeError) && !(error instanceof SyntaxError)) throw error
      this.#socket.destroy()
    }
  }

  #take(reply: Reply): void {
    switch (reply.type) {
      case 'welcome':
        this.welcome = reply
        this.#welcomed(reply)
        return
      case 'exit':
        return this.#options.exited(reply)
      case 'started':
      case 'refused':
      case 'renewed':
      case 'held': {
        const answered = this.#asks.get(reply.ask)
        this.#asks.delete(reply.ask)
        return answered?.(reply)
      }
      default:
        return this.#streams.get(reply.stream)?.(reply)
    }
  }

  #closed(): void {
    this.#over = true
    const asks = [...this.#asks.values()]
    this.#asks.clear()
    this.#streams.clear()
    this.#options.closed()
    for (const answered of asks) answered(undefined)
  }
}

/** A path that is too long is reached through a descriptor of its directory, where `/proc` is. */
function connectTo(data: string, generation: number): Socket {
  const path = socketPath(data, generation)
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return connect(path)
  const directory = openSync(holderDirectory(data), 'r')
  const socket = connect(`/proc/self/fd/${directory}/${generation}.sock`)
  socket.once('close', () => closeSync(directory))
  return socket
}
