/**
 * One pseudoterminal and the command in it, without loss.
 *
 * On Linux the last bytes of a command that exits fast are lost by libuv: once every slave side is
 * closed, a short read followed by a hang-up is taken for the end, though more is buffered. So the
 * holder keeps the slave side open itself, from before the first read. When the command and all it
 * started are over, it writes a mark of its own into the slave: the line is a queue, so when the
 * mark comes out at the master, everything before it has, too. Then both sides are closed.
 *
 * The native part of node-pty is used directly: its JavaScript part drops the terminal 200 ms after
 * the exit, drained or not, and allocates for every read.
 */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { ReadStream } from 'node:tty'
import type { TerminalSize } from '../../../actors/terminals.ts'
import { hasCode, signalProcess } from '../confinement/processes.ts'

export interface PtyOptions extends TerminalSize {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export interface PtySink {
  /** A view: copy what is kept. */
  bytes(chunk: Uint8Array): void
  /** The command itself is over; what it started may still write. */
  exited(code: number, signal: number): void
  /** After `finish`: every byte was given. `complete` is false if the line was stuck and was cut. */
  drained(complete: boolean): void
}

export interface Pty {
  readonly pid: number
  /** Dropped beyond [1 MiB] that nobody reads. */
  write(bytes: Uint8Array): void
  resize(size: TerminalSize): void
  pause(): void
  resume(): void
  /** Nothing writes any more: deliver what is left, then close. */
  finish(): void
}

interface Native {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    spawnHelper: string,
    exited: (code: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number; readonly pty: string }
  resize(fd: number, cols: number, rows: number): void
}

const INPUT_BYTES_MAX = 1024 * 1024
/** Stuck output (stopped by Ctrl-S, say) is set going after this, and cut after twice this. */
const STUCK_MS = 500
const RETRY_MS = 5
const XON = '\x11'
const READ_BYTES = 64 * 1024
/** Shared by all terminals: each read is used up before the next begins. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES)
/** An application program command, which no screen shows; capitals, for terminals that translate. */
const END_MARK = Buffer.from(`\x1b_${chanceBytes(12).toString('hex').toUpperCase()}\x1b\\`)

const { native, spawnHelper } = loadNative()

/** Throws if the system has no terminal or process left. */
export function openPty(options: PtyOptions, sink: PtySink): Pty {
  const [file = '', ...args] = options.argv
  const env = Object.entries(options.env).map(([name, value]) => `${name}=${value}`)
  const { cwd, cols, rows } = options
  let failed = false
  const exited = (code: number, signal: number): void => {
    if (!failed) sink.exited(code, signal)
  }
  const forked = native.fork(file, args, env, cwd, cols, rows, -1, -1, false, spawnHelper, exited)
  try {
    const flags = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK
    return new OpenPty(forked.pid, forked.fd, openSync(forked.pty, flags), sink)
  } catch (error) {
    failed = true // No descriptor was left for us: then nothing may run.
    signalProcess(-forked.pid, 'SIGKILL')
    closeSync(forked.fd)
    throw error
  }
}

class OpenPty implements Pty {
  readonly pid: number
  readonly #fd: number
  readonly #slave: number
  readonly #sink: PtySink
  readonly #master: ReadStream
  /** What of the end mark is still to be written; `undefined` before `finish`. */
  #markLeft: Uint8Array | undefined
  /** Bytes after `finish` that may be the beginning of the mark. */
  #heldBack: Uint8Array = Buffer.alloc(0)
  #paused = false
  #closed = false
  #idleMs = 0

  constructor(pid: number, fd: number, slave: number, sink: PtySink) {
    this.pid = pid
    this.#fd = fd
    this.#slave = slave
    this.#sink = sink
    const onread = {
      buffer: readBuffer,
      callback: (count: number): boolean => {
        this.#took(readBuffer.subarray(0, count))
        return true
      },
    }
    // The types do not know that a terminal takes the options of a socket.
    this.#master = new ReadStream(fd, { onread } as ConstructorParameters<typeof ReadStream>[1])
    this.#master.on('error', () => this.#close(false))
    this.#master.resume()
  }

  write(bytes: Uint8Array): void {
    if (this.#markLeft || this.#master.writableLength + bytes.length > INPUT_BYTES_MAX) return
    this.#master.write(Buffer.from(bytes))
  }

  resize(size: TerminalSize): void {
    if (!this.#closed) native.resize(this.#fd, size.cols, size.rows)
  }

  pause(): void {
    this.#paused = true
    this.#master.pause()
  }

  resume(): void {
    this.#paused = false
    this.#master.resume()
  }

  finish(): void {
    if (this.#markLeft) return
    this.#markLeft = END_MARK
    this.#writeMark()
  }

  #took(chunk: Uint8Array): void {
    this.#idleMs = 0
    if (!this.#markLeft) return this.#sink.bytes(chunk)
    const together = Buffer.concat([this.#heldBack, chunk])
    const markAt = together.indexOf(END_MARK)
    const certain = markAt >= 0 ? markAt : Math.max(0, together.length - END_MARK.length + 1)
    if (certain > 0) this.#sink.bytes(together.subarray(0, certain))
    this.#heldBack = together.subarray(certain)
    if (markAt >= 0) this.#close(true)
  }

  /** The line may be full: what it does not take now is tried again until the mark came out. */
  #writeMark(): void {
    if (this.#closed || !this.#markLeft) return
    if (this.#markLeft.length > 0) {
      this.#markLeft = this.#markLeft.subarray(writeSome(this.#slave, this.#markLeft))
    }
    if (!this.#paused) this.#idleMs += RETRY_MS
    if (this.#idleMs === STUCK_MS) this.#master.write(XON)
    if (this.#idleMs >= 2 * STUCK_MS) return this.#cut()
    setTimeout(() => this.#writeMark(), RETRY_MS)
  }

  #cut(): void {
    if (this.#heldBack.length > 0) this.#sink.bytes(this.#heldBack)
    this.#close(false)
  }

  #close(complete: boolean): void {
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#slave)
    this.#master.destroy()
    this.#sink.drained(complete)
  }
}

/** Without `node:crypto`, which costs the holder 3 MB resident. */
function chanceBytes(count: number): Buffer {
  const device = openSync('/dev/urandom', 'r')
  const bytes = Buffer.alloc(count)
  readSync(device, bytes)
  closeSync(device)
  return bytes
}

function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes)
  } catch (error) {
    if (hasCode(error, 'EAGAIN')) return 0
    throw error
  }
}

/** From `node-pty` itself, or from the prebuilt package of the same interface behind that name. */
function loadNative(): { readonly native: Native; readonly spawnHelper: string } {
  const ours = createRequire(import.meta.url)
  const theirs = createRequire(ours.resolve('node-pty'))
  const prebuilt = `@lydell/node-pty-${process.platform}-${process.arch}`
  const helper = process.platform === 'darwin' ? theirs.resolve(`${prebuilt}/spawn-helper`) : ''
  return { native: theirs(`${prebuilt}/pty.node`), spawnHelper: helper }
}
