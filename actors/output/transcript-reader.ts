import { RuntimeError } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import type { Blobs } from '../../runtime/storage/blobs/blobs.ts'
import type { Following } from '../terminals.ts'
import { blobIn, stretchAt, type Transcript, type TranscriptBlob } from './transcript.ts'

const READ_BYTES = 256 * 1024

export interface TranscriptReaderOptions {
  readonly blobs: Blobs
  readonly clock: Clock
  readonly transcript: Transcript
  readonly outputBytes: number
  readonly fromOffset: number
}

export interface TranscriptSink {
  bytes(offset: number, chunk: Uint8Array): void
  /** All was given, or something is damaged and nothing more can be. */
  end(failure?: RuntimeError): void
}

/** Gives one reader what was kept of an output, in order. What was not kept is skipped. */
export class TranscriptReader implements Following {
  readonly #options: TranscriptReaderOptions
  readonly #sink: TranscriptSink
  #offset: number
  #paused = false
  #reading = false
  #stopped = false

  constructor(options: TranscriptReaderOptions, sink: TranscriptSink) {
    this.#options = options
    this.#sink = sink
    this.#offset = options.fromOffset
    const blob = blobIn(options.transcript)
    if (blob) this.#read(blob)
    else options.clock.defer(() => this.#give(options.transcript))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    const blob = blobIn(this.#options.transcript)
    if (blob) this.#read(blob)
  }

  stop(): void {
    this.#stopped = true
  }

  /** Few bytes: all at once. */
  #give(transcript: Transcript): void {
    if (this.#stopped || !('base64' in transcript)) return
    const bytes = Buffer.from(transcript.base64, 'base64').subarray(this.#offset)
    if (bytes.length > 0) this.#sink.bytes(this.#offset, bytes)
    this.#end()
  }

  #read(blob: TranscriptBlob): void {
    if (this.#paused || this.#reading || this.#stopped) return
    const { blobs, clock, outputBytes } = this.#options
    const stretch = stretchAt(blob, { offset: this.#offset, outputBytes })
    if (!stretch) return void clock.defer(() => this.#end())
    this.#reading = true
    blobs.read(blob, stretch.at, Math.min(stretch.bytes, READ_BYTES), (result) => {
      this.#reading = false
      if (this.#stopped) return
      if (result instanceof RuntimeError) return this.#end(result)
      this.#offset = stretch.offset + result.length
      this.#sink.bytes(stretch.offset, result)
      this.#read(blob)
    })
  }

  #end(failure?: RuntimeError): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#sink.end(failure)
  }
}
