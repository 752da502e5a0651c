/**
 * One follower of an attempt's output, on the node's side: counts what it has, asks for the rest
 * again after a lost connection, and reads the folder itself once the holder knows nothing more.
 */
import type { AttemptKey, Following, OutputSink } from '../../actors/terminals.ts'
import type { Link } from './link.ts'
import type { Reply } from './protocol.ts'
import { attemptDirectory, finishedRecording, type Readable, readEnd } from './terminal/finished.ts'

/** How much is used up before the holder hears of it. */
const TAKEN_STEP_BYTES = 64 * 1024
const PIECE_BYTES = 64 * 1024

export interface FollowerOptions {
  readonly data: string
  readonly key: AttemptKey
  readonly fromOffset: number
  readonly sink: OutputSink
  /** It needs no link any more. */
  readonly done: () => void
}

export class Follower implements Following {
  readonly key: AttemptKey
  readonly #options: FollowerOptions
  #offset: number
  #saidTaken: number
  #paused = false
  #over = false
  #link: Link | undefined
  #stream = 0
  /** Set while the folder is read. */
  #recording: Readable | undefined
  #reading = false

  constructor(options: FollowerOptions) {
    this.key = options.key
    this.#options = options
    this.#offset = options.fromOffset
    this.#saidTaken = options.fromOffset
  }

  /** Goes on from where it is, over this link. */
  attach(link: Link): void {
    if (this.#over || this.#link || this.#recording) return
    this.#link = link
    this.#saidTaken = this.#offset
    this.#stream = link.openStream((reply) => this.#heard(reply))
    link.send({ type: 'follow', stream: this.#stream, key: this.key, from: this.#offset })
  }

  /** That link has closed. */
  detach(link: Link): void {
    if (this.#link === link) this.#link = undefined
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#acknowledge(1)
    this.#readOn()
  }

  stop(): void {
    if (this.#over) return
    this.#link?.closeStream(this.#stream)
    this.#finish()
  }

  #heard(reply: Extract<Reply, { readonly stream: number }>): void {
    if (this.#over) return
    const { sink } = this.#options
    switch (reply.type) {
      case 'output':
        return this.#took(reply.offset, reply.bytes)
      case 'gap':
        sink.gap(reply.from, reply.to)
        this.#offset = reply.to
        this.#saidTaken = reply.to
        return
      case 'finished':
        this.#finish()
        return sink.end(reply.exit)
      case 'gone':
        return this.#readFolder()
    }
  }

  #took(offset: number, bytes: Uint8Array): void {
    this.#offset = offset + bytes.length
    this.#options.sink.bytes(offset, bytes)
    this.#acknowledge(TAKEN_STEP_BYTES)
  }

  #acknowledge(stepBytes: number): void {
    if (this.#paused || this.#over || this.#offset - this.#saidTaken < stepBytes) return
    this.#saidTaken = this.#offset
    this.#link?.send({ type: 'taken', stream: this.#stream, to: this.#offset })
  }

  #finish(): void {
    this.#over = true
    this.#options.done()
  }

  #readFolder(): void {
    const directory = attemptDirectory(this.#options.data, this.key)
    const end = readEnd(directory)
    this.#link = undefined
    if (!end) {
      this.#finish()
      return this.#options.sink.gone()
    }
    this.#recording = finishedRecording(directory, end)
    this.#readOn()
  }

  /** Piece by piece while nobody pauses or stops. */
  #readOn(): void {
    const { sink } = this.#options
    if (!this.#recording || this.#reading || this.#paused || this.#over) return
    this.#reading = true
    const read = Promise.resolve(this.#recording.read(this.#offset, PIECE_BYTES))
    const gone = { type: 'gone' } as const
    void read
      .catch(() => gone)
      .then((piece) => {
        this.#reading = false
        if (this.#over) return
        if (piece.type === 'end' || piece.type === 'gone' || piece.type === 'none') {
          this.#finish()
          return piece.type === 'end' ? sink.end(piece.exit) : sink.gone()
        }
        if (piece.type === 'bytes') return this.#passOn(piece.bytes)
        sink.gap(this.#offset, piece.to)
        this.#offset = piece.to
        this.#readOn()
      })
  }

  #passOn(bytes: Uint8Array): void {
    const offset = this.#offset
    this.#offset += bytes.length
    this.#options.sink.bytes(offset, bytes)
    this.#readOn()
  }
}
