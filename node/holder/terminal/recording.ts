/**
 * What an attempt wrote, in its own folder:
 *
 *     output      the first bytes, appended as they come; at the end, if they are not all, the last
 *                 ones (at most 1 MiB)
 *     timing      a line of JSON each: [ms since start, "o", offset] (at most 20 a second),
 *                 [ms, "r", cols, rows]; enough to play the output again at its own pace
 *     end.json    written last: the exit, how many of the bytes in `output` are the first, where the
 *                 last ones begin
 *
 * Both ends of a long output are kept because the beginning says what was tried and the end says
 * what became of it. Writing is asynchronous with one write under way; bytes wait in the ring, and
 * `pressure` asks for the terminal to be paused before unwritten ones could be pushed out of it.
 *
 * `output` is hashed as it is written, so that the end of a long one costs no second reading, and is
 * on disk before the exit that names the hash.
 */
import { createHash } from 'node:crypto'
import { closeSync, fsync, mkdirSync, openSync, write, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Exit, TerminalSize } from '../../../actors/terminals.ts'
import { INLINE_BYTES_MAX, type Transcript } from '../../../actors/output/transcript.ts'
import { assert } from '../../../runtime/errors.ts'
import type { Ring } from './ring.ts'

export const TAIL_BYTES_MAX = 1024 * 1024
/** Unwritten bytes at which the terminal is paused, and at which it goes on. */
export const PAUSE_BYTES = 512 * 1024
export const RESUME_BYTES = 64 * 1024
/** Output is gathered into one write until there is this much, or for this long. */
const GATHER_BYTES = 128 * 1024
const GATHER_MS = 25
const WRITE_BYTES_MAX = 256 * 1024
const TIMING_STEP_MS = 50
/** Two hours of unbroken output; after that the pace is no longer noted. */
const TIMING_BYTES_MAX = 4 * 1024 * 1024
const TIMING_FLUSH_CHARACTERS = 4096

/** The last thing written of a recording. */
export interface RecordingEnd {
  readonly exit: Exit
  /** Bytes in `output` before the last ones. */
  readonly headBytes: number
  /** Offset of the first of those; equals `headBytes` if nothing is missing. */
  readonly tailOffset: number
  readonly size: TerminalSize
}

export interface RecordingOptions {
  readonly directory: string
  readonly ring: Ring
  readonly outputBytesMax: number
  readonly size: TerminalSize
  /** `true`: pause the terminal. */
  readonly pressure: (high: boolean) => void
  /** More can be read from the file, or nothing more will be. */
  readonly written: () => void
}

export class Recording {
  readonly #options: RecordingOptions
  readonly #headBytesMax: number
  readonly #tailBytesMax: number
  readonly #output: number
  readonly #timing: number
  readonly #startedMs = performance.now()
  readonly #hash = createHash('sha256')
  #size: TerminalSize
  #headBytes = 0
  #writing = false
  #high = false
  /** Why nothing more is written: the disk refused. */
  #failed: string | undefined
  #timingLines = ''
  #timingBytes = 0
  #timingNextMs = 0
  #closing = false
  #idle: (() => void) | undefined
  #gathering: NodeJS.Timeout | undefined

  /** Throws if the folder cannot be made. */
  constructor(options: RecordingOptions) {
    this.#options = options
    this.#headBytesMax = headBytesMax(options.outputBytesMax)
    this.#tailBytesMax = options.outputBytesMax - this.#headBytesMax
    mkdirSync(options.directory, { recursive: true, mode: 0o700 })
    this.#output = openSync(join(options.directory, 'output'), 'w', 0o600)
    this.#timing = openSync(join(options.directory, 'timing'), 'w', 0o600)
    this.#size = options.size
    this.#note('r', options.size.cols, options.size.rows)
  }

  /** Bytes that can be read from `output` by now. */
  get headBytes(): number {
    return this.#headBytes
  }

  /** More will be in `output`: neither is it full, nor has the disk refused. */
  get writing(): boolean {
    return !this.#failed && this.#headBytes < this.#headBytesMax
  }

  /** The ring has grown. */
  grown(offset: number): void {
    const nowMs = performance.now() - this.#startedMs
    if (nowMs >= this.#timingNextMs) {
      this.#timingNextMs = nowMs + TIMING_STEP_MS
      this.#note('o', offset)
    }
    this.#gather()
    this.#press()
  }

  resized(size: TerminalSize): void {
    this.#size = size
    this.#note('r', size.cols, size.rows)
  }

  /** After the last byte: writes what is left and closes. The exit, with what was kept of it. */
  async close(exit: Omit<Exit, 'outputBytes' | 'outputTruncated' | 'transcript'>): Promise<Exit> {
    this.#closing = true
    while (this.#unwritten() > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
        this.#write()
      })
    }
    const { ring } = this.#options
    const tailOffset = Math.max(this.#headBytes, ring.end - this.#tailBytesMax, ring.start)
    const transcript = await this.#keep(tailOffset)
    const lost = transcript ? undefined : this.#failed
    const whole: Exit = {
      ...exit,
      outputBytes: ring.end,
      outputTruncated: tailOffset > this.#headBytes || lost !== undefined,
      ...(transcript ? { transcript } : {}),
      ...(lost === undefined ? {} : { detail: lost }),
    }
    if (!this.#failed) this.#writeEnd(whole, tailOffset)
    closeSync(this.#output)
    closeSync(this.#timing)
    return whole
  }

  /** Nothing is kept of what said nothing, or of what the disk refused. */
  async #keep(tailOffset: number): Promise<Transcript | undefined> {
    const { ring } = this.#options
    if (ring.end === 0) return undefined
    if (ring.end <= INLINE_BYTES_MAX) return { base64: ring.read(0, ring.end).toString('base64') }
    if (this.#failed) return undefined
    try {
      if (tailOffset < ring.end) this.#appendTail(ring.read(tailOffset, TAIL_BYTES_MAX))
      await promisify(fsync)(this.#output)
    } catch (error) {
      this.#failed = `The output could not be kept: ${String(error)}`
      return undefined
    }
    const bytes = this.#headBytes + ring.end - tailOffset
    const gap = bytes < ring.end ? { headBytes: this.#headBytes } : {}
    return { hash: this.#hash.digest('hex'), bytes, ...gap }
  }

  #appendTail(tail: Uint8Array): void {
    for (let at = 0; at < tail.length; )
      at += writeSync(this.#output, tail, at, tail.length - at, this.#headBytes + at)
    this.#hash.update(tail)
  }

  /** The command was never started. */
  abandon(): void {
    closeSync(this.#output)
    closeSync(this.#timing)
  }

  #writeEnd(exit: Exit, tailOffset: number): void {
    this.#flushTiming()
    const end = { exit, headBytes: this.#headBytes, tailOffset, size: this.#size }
    try {
      writeEnd(this.#options.directory, end)
    } catch {
      // The exit itself says all that a reader needs, once it is recorded.
    }
  }

  #unwritten(): number {
    if (this.#failed) return 0
    return Math.min(this.#options.ring.end, this.#headBytesMax) - this.#headBytes
  }

  #write(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    const length = Math.min(this.#unwritten(), WRITE_BYTES_MAX)
    if (this.#writing) return
    if (length <= 0) return this.#rest()
    assert(this.#headBytes >= this.#options.ring.start, 'unwritten bytes are still in the ring')
    const bytes = this.#options.ring.read(this.#headBytes, length)
    this.#writing = true
    write(this.#output, bytes, 0, length, this.#headBytes, (error, count) => {
      this.#writing = false
      if (error) this.#failed = `The output could not be kept: ${error.message}`
      else this.#hash.update(bytes.subarray(0, count))
      this.#headBytes += error ? 0 : count
      this.#press()
      this.#options.written()
      if (this.#closing) this.#write()
      else this.#gather()
    })
  }

  #gather(): void {
    const unwritten = this.#unwritten()
    if (unwritten >= GATHER_BYTES) this.#write()
    else if (unwritten > 0) this.#gathering ??= setTimeout(() => this.#write(), GATHER_MS)
  }

  #rest(): void {
    const idle = this.#idle
    this.#idle = undefined
    idle?.()
  }

  #press(): void {
    const waiting = this.writing ? this.#options.ring.end - this.#headBytes : 0
    const high = this.#high ? waiting > RESUME_BYTES : waiting > PAUSE_BYTES
    if (high === this.#high) return
    this.#high = high
    this.#options.pressure(high)
  }

  #note(...what: readonly (string | number)[]): void {
    const ms = Math.round(performance.now() - this.#startedMs)
    if (this.#timingBytes + this.#timingLines.length > TIMING_BYTES_MAX) return
    this.#timingLines += `${JSON.stringify([ms, ...what])}\n`
    if (this.#timingLines.length > TIMING_FLUSH_CHARACTERS) this.#flushTiming()
  }

  /** A few kilobytes now and then; the pace is worth no failure: what is missing is played at once. */
  #flushTiming(): void {
    const lines = this.#timingLines
    this.#timingLines = ''
    try {
      this.#timingBytes += writeSync(this.#timing, lines)
    } catch {
      this.#timingBytes = TIMING_BYTES_MAX
    }
  }
}

/** The most bytes of `output` that are the first: what is beyond may be the last ones. */
export function headBytesMax(outputBytesMax: number): number {
  return outputBytesMax - Math.min(TAIL_BYTES_MAX, Math.floor(outputBytesMax / 2))
}

/** Also for attempts whose holder died before it could. */
export function writeEnd(directory: string, end: RecordingEnd): void {
  writeFileSync(join(directory, 'end.json'), JSON.stringify(end), { mode: 0o600 })
}
