/**
 * One follower of an attempt's output, on the node's side. What is recent comes over the link; what
 * lies in the attempt's folder is read there, while it runs (`kept`) and when it is over. It counts
 * what it has, so after a lost connection it goes on from the next byte.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttemptKey, Exit, Following, OutputSink } from '../../actors/terminals.ts'
import type { Link } from './link.ts'
import type { Reply } from './protocol.ts'
import { attemptDirectory, placeOf, readEnd } from './terminal/finished.ts'
import type { RecordingEnd } from './terminal/recording.ts'

/** How much is used up before the holder hears of it. */
const TAKEN_STEP_BYTES = 64 * 1024
const READ_BYTES = 256 * 1024

export interface FollowerOptions {
  readonly data: string
  readonly key: AttemptKey
  readonly fromOffset: number
  readonly sink: OutputSink
  /** It needs no link any more. */
  readonly done: () => void
}

type StreamReply = Extract<Reply, { readonly stream: number }>
interface Piece {
  /** In the file. */
  readonly at: number
  readonly bytes: number
}

/** What is known once the holder says nothing more. */
interface Rest {
  readonly recording: RecordingEnd | undefined
  readonly exit: Exit | undefined
}

export class Follower implements Following {
  readonly key: AttemptKey
  readonly #options: FollowerOptions
  readonly #directory: string
  #offset: number
  #saidTaken: number
  #paused = false
  #over = false
  #link: Link | undefined
  #stream = 0
  /** Heard while a file is read; the window of the stream bounds it. */
  #waiting: StreamReply[] = []
  /** Up to where the file may be read now. */
  #keptTo = 0
  /** The attempt is over, or the holder knows nothing of it: the rest is in the folder. */
  #end: Rest | undefined
  #reading = false
  #file: FileHandle | undefined

  constructor(options: FollowerOptions) {
    this.key = options.key
    this.#options = options
    this.#directory = attemptDirectory(options.data, options.key)
    this.#offset = options.fromOffset
    this.#saidTaken = options.fromOffset
  }

  /** Goes on from where it is, over this link. */
  attach(link: Link): void {
    if (this.#over || this.#link || this.#end) return
    this.#link = link
    this.#waiting = []
    this.#keptTo = this.#offset
    this.#saidTaken = this.#offset
    this.#stream = link.openStream((reply) => {
      this.#waiting.push(reply)
      this.#goOn()
    })
    link.send({ type: 'follow', stream: this.#stream, key: this.key, from: this.#offset })
  }

  /** That link has closed: what it said and was not yet used is asked for again. */
  detach(link: Link): void {
    if (this.#link !== link) return
    this.#link = undefined
    this.#waiting = []
    this.#keptTo = this.#offset
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#acknowledge(1)
    this.#goOn()
  }

  stop(): void {
    if (this.#over) return
    this.#link?.closeStream(this.#stream)
    this.#finish()
  }

  /** Uses what was heard, in order, and reads what lies in files, until there is nothing to do. */
  #goOn(): void {
    while (!this.#over && !this.#reading) {
      if (this.#paused && (this.#keptTo > this.#offset || this.#end)) return
      if (this.#keptTo > this.#offset) {
        const bytes = this.#keptTo - this.#offset
        return this.#readFile({ at: this.#offset, bytes })
      }
      if (this.#end) {
        this.#readFolder(this.#end)
        continue
      }
      const next = this.#waiting.shift()
      if (!next) return
      this.#use(next)
    }
  }

  #use(reply: StreamReply): void {
    switch (reply.type) {
      case 'output':
        // A read that was under way while the link was lost may have been ahead of it.
        return this.#took(reply.bytes.subarray(Math.max(0, this.#offset - reply.offset)))
      case 'kept':
        this.#keptTo = reply.to
        return
      case 'gap':
        return this.#miss(reply.to)
      case 'finished':
      case 'gone': {
        const exit = reply.type === 'finished' ? reply.exit : undefined
        this.#end = { recording: readEnd(this.#directory), exit }
      }
    }
  }

  #readFolder({ recording, exit }: Rest): void {
    if (!recording) {
      if (exit && this.#offset < exit.outputBytes) this.#miss(exit.outputBytes)
      this.#finish()
      return exit ? this.#options.sink.end(exit) : this.#options.sink.gone()
    }
    const place = placeOf(this.#offset, recording)
    if (place.type === 'file') return this.#readFile(place)
    if (place.type === 'gap') return this.#miss(place.to)
    this.#finish()
    this.#options.sink.end(place.exit)
  }

  #readFile(piece: Piece): void {
    this.#reading = true
    void this.#pieceOf(piece).then((bytes) => {
      this.#reading = false
      if (this.#over) return void this.#closeFile()
      if (!bytes) {
        this.stop()
        return this.#options.sink.gone() // The folder was taken away under the reader.
      }
      this.#took(bytes)
      this.#goOn()
    })
  }

  async #pieceOf({ at, bytes }: Piece): Promise<Uint8Array | undefined> {
    try {
      this.#file ??= await open(join(this.#directory, 'output'))
      const length = Math.min(bytes, READ_BYTES)
      const read = await this.#file.read(Buffer.allocUnsafeSlow(length), 0, length, at)
      return read.bytesRead > 0 ? read.buffer.subarray(0, read.bytesRead) : undefined
    } catch {
      return undefined
    }
  }

  #took(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const offset = this.#offset
    this.#offset += bytes.length
    this.#options.sink.bytes(offset, bytes)
    this.#acknowledge(TAKEN_STEP_BYTES)
  }

  #miss(to: number): void {
    const from = this.#offset
    this.#offset = to
    this.#saidTaken = to
    this.#options.sink.gap(from, to)
  }

  #acknowledge(stepBytes: number): void {
    if (this.#paused || this.#over || this.#offset - this.#saidTaken < stepBytes) return
    this.#saidTaken = this.#offset
    this.#link?.send({ type: 'taken', stream: this.#stream, to: this.#offset })
  }

  #finish(): void {
    this.#over = true
    this.#waiting = []
    if (!this.#reading) void this.#closeFile()
    this.#options.done()
  }

  async #closeFile(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}
