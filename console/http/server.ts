import type { Clock } from '../../runtime/scheduling/clock.ts'

/**
 * A small HTTP/1.1 and WebSocket server, the same over uWebSockets.js (`uws-server.ts`) and over
 * `node:http` with `ws` (`node-server.ts`); `tests/contracts/http-server.contract.ts` holds for both.
 *
 * What every form promises:
 *
 * - A request is handed over once its head has been read. A head that is malformed, is over 16 KiB
 *   (431), has two hosts, or both a length and chunks is refused by the server itself and closed.
 * - Nobody but this program can listen on the same port.
 * - No callback runs after `gone` of its request or `closed` of its socket, and calls on them then
 *   do nothing.
 */
export interface HttpServer {
  /** The real one, also when 0 was asked for. */
  readonly port: number
  readonly form: 'uws' | 'node'
  /** Ends everything at once. */
  stop(): void
}

export interface HttpServerOptions {
  /** An address, not a name. */
  readonly host: string
  readonly port: number
  readonly listener: HttpListener
  readonly clock: Clock
}

export interface HttpListener {
  /** Must be answered exactly once, now or later. A body is read now or never. */
  request(request: Request, reply: Reply): void
  /** A well-formed `GET` with `Upgrade: websocket`: must be opened now, or answered. */
  upgrade(request: Request, reply: UpgradeReply): void
}

export interface Request {
  /** As sent, in capitals. */
  readonly method: string
  /** As sent, encoded; begins with a slash. */
  readonly path: string
  /** As sent, without its question mark. */
  readonly query: string
  /** The header's value; empty when it is missing. Of one that came twice, both, joined with a comma. */
  header(name: LowerCase): string
  /** The other end's address. */
  readonly remote: string
}

/** A header's name as it is asked for. */
export type LowerCase = Lowercase<string>

export type Headers = readonly (readonly [name: string, value: string])[]

export interface Reply {
  /**
   * Reads the body, whole. `done` gets `undefined` as soon as it is known to be longer than
   * `bytesMax`; it is not called when the client goes away first.
   */
  body(bytesMax: number, done: (body: Uint8Array | undefined) => void): void
  /** The whole answer. For `HEAD` the body is left out. */
  send(status: number, headers: Headers, body: Uint8Array | string): void
  /** An answer whose length is not known. `drained`: what `write` was too much for has left. */
  stream(status: number, headers: Headers, drained: () => void): Outflow
  /** Told once, if the client goes away before the end of its answer. */
  onGone(listener: () => void): void
}

export interface Outflow {
  /** `false`: write no more until drained. */
  write(bytes: Uint8Array): boolean
  end(): void
  /** Cuts the connection, so that the client sees that this is not all. */
  abort(): void
}

export interface UpgradeReply extends Pick<Reply, 'send'> {
  /** @param protocol one of those that the request offers. */
  open(protocol: string, listener: (socket: Socket) => SocketListener): void
}

/** An open websocket. What is sent is queued here beyond what the other end takes. */
export interface Socket {
  /** Text is UTF-8 already, so that one encoding serves many sockets. */
  send(bytes: Uint8Array, kind: 'text' | 'binary'): void
  /** Bytes that are queued. */
  readonly queuedBytes: number
  /** After what is queued. `code` is 1000 or 3000 to 4999. */
  close(code: number, reason: string): void
  /** At once, whatever is queued. */
  terminate(): void
}

export interface SocketListener {
  /** `bytes` are valid during the call only. */
  message(bytes: Uint8Array, kind: 'text' | 'binary'): void
  /** Something was queued, and less is now. */
  drained(): void
  closed(): void
}

/** Bytes of a frame from the other end; beyond it the connection is cut without a word. */
export const FRAME_BYTES_MAX = 128 * 1024

/** A socket silent for so long is asked for a sign of life, and cut when none comes. Unit: s. */
export const SILENT_S_MAX = 120
