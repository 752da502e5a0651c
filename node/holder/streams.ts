/**
 * What one connection follows. Each stream has a cursor of its own and a window of its own, so a
 * slow reader holds up nobody; what is furthest along is sent first, so that an echo does not wait
 * behind ten floods.
 */
import type { AttemptKey } from '../../actors/terminals.ts'
import { formatKey } from '../../actors/terminals.ts'
import type { Source } from './holder.ts'
import { type Follow, KEPT_WINDOW_BYTES, type Reply, WINDOW_BYTES } from './protocol.ts'
import type { Piece } from './terminal/terminal.ts'

const PIECE_BYTES = 64 * 1024
/** Bytes given to the socket and not taken by the kernel, beyond which streams wait. */
const SOCKET_BYTES_MAX = 256 * 1024
/** At most this often is more sent to one connection because a terminal said more. */
const GATHER_MS = 4
export const STREAMS_MAX = 1_000

interface Stream {
  readonly stream: number
  readonly key: AttemptKey
  offset: number
  takenTo: number
  /** Sent since the connection last had nothing to send. */
  recentBytes: number
}

export interface StreamsOptions {
  readonly source: (key: AttemptKey) => Source | undefined
  readonly send: (reply: Reply) => void
  readonly waitingBytes: () => number
}

export class Streams {
  readonly #options: StreamsOptions
  readonly #streams = new Map<number, Stream>()
  readonly #byKey = new Map<string, Set<Stream>>()
  /** Streams that may have something to send. */
  readonly #ready = new Set<Stream>()

  #soon = false
  #pumpedMs = -Infinity

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  open({ stream, key, from }: Follow): void {
    if (this.#streams.has(stream)) return
    if (this.#streams.size >= STREAMS_MAX || !this.#options.source(key)) {
      return this.#options.send({ type: 'gone', stream })
    }
    const opened = { stream, key, offset: from, takenTo: from, recentBytes: 0 }
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
    this.#pumpSoon()
  }

  /** At once after a quiet moment, so that an echo is quick; in a flood, small pieces gather. */
  #pumpSoon(): void {
    if (this.#soon) return
    this.#soon = true
    const waitMs = this.#pumpedMs + GATHER_MS - performance.now()
    const pump = (): void => {
      this.#soon = false
      this.#pumpedMs = performance.now()
      this.pump()
    }
    if (waitMs <= 0) setImmediate(pump)
    else setTimeout(pump, waitMs)
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
    const source = this.#options.source(stream.key)
    if (!source) return this.#close(stream, { type: 'gone', stream: stream.stream })
    switch (source.type) {
      case 'settling':
        return
      case 'over':
        return this.#close(stream, { type: 'finished', stream: stream.stream, exit: source.exit })
      case 'running': {
        const windowBytes = stream.takenTo + WINDOW_BYTES - stream.offset
        const bytes = Math.min(windowBytes, PIECE_BYTES)
        if (bytes > 0) this.#give(stream, source.terminal.read(stream.offset, bytes))
      }
    }
  }

  #close(stream: Stream, last: Reply): void {
    this.close(stream.stream)
    this.#options.send(last)
  }

  #give(stream: Stream, piece: Piece): void {
    const { send } = this.#options
    const { stream: number, offset, takenTo } = stream
    switch (piece.type) {
      case 'none':
        return
      case 'gap':
        send({ type: 'gap', stream: number, from: offset, to: piece.to })
        stream.offset = piece.to
        stream.takenTo = piece.to
        break
      case 'kept': {
        const to = Math.min(piece.to, takenTo + KEPT_WINDOW_BYTES)
        send({ type: 'kept', stream: number, to })
        stream.offset = to
        break
      }
      case 'bytes':
        send({ type: 'output', stream: number, offset, bytes: piece.bytes })
        stream.offset += piece.bytes.length
        stream.recentBytes += piece.bytes.length
    }
    this.#ready.add(stream)
  }
}
