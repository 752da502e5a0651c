/**
 * What one connection follows. Each stream has a cursor of its own and a window of its own, so a
 * slow reader holds up nobody; what is furthest along is sent first, so that an echo does not wait
 * behind ten floods.
 */
import type { AttemptKey } from '../../actors/terminals.ts'
import { formatKey } from '../../actors/terminals.ts'
import { type Follow, type Reply, WINDOW_BYTES } from './protocol.ts'
import type { Piece, Readable } from './terminal/finished.ts'

const PIECE_BYTES = 64 * 1024
/** Bytes given to the socket and not taken by the kernel, beyond which streams wait. */
const SOCKET_BYTES_MAX = 256 * 1024
export const STREAMS_MAX = 1_000

interface Stream {
  readonly stream: number
  readonly key: AttemptKey
  offset: number
  takenTo: number
  /** Sent since the connection last had nothing to send. */
  recentBytes: number
  reading: boolean
}

export interface StreamsOptions {
  readonly readable: (key: AttemptKey) => Readable | undefined
  readonly send: (reply: Reply) => void
  readonly waitingBytes: () => number
}

export class Streams {
  readonly #options: StreamsOptions
  readonly #streams = new Map<number, Stream>()
  readonly #byKey = new Map<string, Set<Stream>>()
  /** Streams that may have something to send. */
  readonly #ready = new Set<Stream>()

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  open({ stream, key, from }: Follow): void {
    if (this.#streams.has(stream)) return
    if (this.#streams.size >= STREAMS_MAX || !this.#options.readable(key)) {
      return this.#options.send({ type: 'gone', stream })
    }
    const opened = { stream, key, offset: from, takenTo: from, recentBytes: 0, reading: false }
    this.#streams.set(stream, opened)
    const followers = this.#byKey.get(formatKey(key)) ?? new Set()
    this.#byKey.set(formatKey(key), followers.add(opened))
    this.#ready.add(opened)
    this.pump()
  }

  close(stream: number): void {
    const closed = this.#streams.get(stream)
    if (!closed) return
    this.#streams.delete(stream)
    this.#ready.delete(closed)
    const followers = this.#byKey.get(formatKey(closed.key))
    followers?.delete(closed)
    if (followers?.size === 0) this.#byKey.delete(formatKey(closed.key))
  }

  taken(stream: number, to: number): void {
    const opened = this.#streams.get(stream)
    if (!opened || to > opened.offset) return
    opened.takenTo = Math.max(opened.takenTo, to)
    this.#ready.add(opened)
    this.pump()
  }

  grown(key: AttemptKey): void {
    const followers = this.#byKey.get(formatKey(key))
    if (!followers) return
    for (const each of followers) this.#ready.add(each)
    this.pump()
  }

  /** Sends what windows and the socket allow. Called again when the socket has drained. */
  pump(): void {
    while (this.#ready.size > 0 && this.#options.waitingBytes() < SOCKET_BYTES_MAX) {
      this.#advance(this.#leastServed())
    }
    if (this.#ready.size === 0) for (const each of this.#streams.values()) each.recentBytes = 0
  }

  #leastServed(): Stream {
    const all = [...this.#ready]
    return all.reduce((least, each) => (each.recentBytes < least.recentBytes ? each : least))
  }

  #advance(stream: Stream): void {
    this.#ready.delete(stream)
    const window = stream.takenTo + WINDOW_BYTES - stream.offset
    if (stream.reading || window <= 0) return
    const readable = this.#options.readable(stream.key)
    if (!readable) return this.#gone(stream)
    const piece = readable.read(stream.offset, Math.min(window, PIECE_BYTES))
    if (!(piece instanceof Promise)) return this.#took(stream, piece)
    stream.reading = true
    const done = (read: Piece | undefined): void => {
      stream.reading = false
      if (this.#streams.get(stream.stream) !== stream) return
      if (read) this.#took(stream, read)
      else this.#gone(stream) // The recording was taken away under the reader.
      this.pump()
    }
    piece.then(done, () => done(undefined))
  }

  #gone(stream: Stream): void {
    this.close(stream.stream)
    this.#options.send({ type: 'gone', stream: stream.stream })
  }

  #took(stream: Stream, piece: Piece): void {
    const { send } = this.#options
    switch (piece.type) {
      case 'none':
        return
      case 'end':
        this.close(stream.stream)
        return send({ type: 'finished', stream: stream.stream, exit: piece.exit })
      case 'gap':
        send({ type: 'gap', stream: stream.stream, from: stream.offset, to: piece.to })
        stream.offset = piece.to
        stream.takenTo = piece.to
        break
      case 'bytes':
        send({ type: 'output', stream: stream.stream, offset: stream.offset, bytes: piece.bytes })
        stream.offset += piece.bytes.length
        stream.recentBytes += piece.bytes.length
    }
    this.#ready.add(stream)
  }
}
