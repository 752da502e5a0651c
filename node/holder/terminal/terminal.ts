/**
 * One running attempt: the terminal, what it wrote, its leash and its ladder. Its exit is said
 * once the command is over, nothing it started is left, and the last byte is kept.
 */
import { constants } from 'node:os'
import type {
  EndReason,
  Exit,
  Held,
  Leash,
  TerminalSize,
  TerminalSpec,
} from '../../../actors/terminals.ts'
import type { Confinement, Leader } from '../confinement/confinement.ts'
import { offerFirst, processOf, signalProcess } from '../confinement/processes.ts'
import {
  endLadder,
  type Ladder,
  type LadderOptions,
  RUNNING,
  type Signal,
  tickLadder,
} from './ladder.ts'
import { openPty, type Pty } from './pty.ts'
import { Recording } from './recording.ts'
import { Ring } from './ring.ts'

const RING_BYTES_MAX = 1024 * 1024
/** What a command left running is told, and has this long before it is killed. */
const LEFTOVER_GRACE_MS = 500
const SWEEP_STEP_MS = 25
/** A follower that is further behind reads the file: a flood need not pass the socket. */
const DIRECT_BYTES_MAX = 64 * 1024
/** A process that the kernel itself cannot end (waiting for a dead disk) holds up no exit longer. */
const SWEEP_MS_MAX = 5_000

export interface TerminalOptions {
  readonly directory: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly confinement: Confinement
  readonly ladder: LadderOptions
  readonly nowMs: () => number
  /** More can be read. */
  readonly grown: () => void
  readonly exited: (exit: Exit) => void
}

export type Piece =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** In the file `output`, up to there. */
  | { readonly type: 'kept'; readonly to: number }
  | { readonly type: 'gap'; readonly to: number }
  /** Nothing yet. */
  | { readonly type: 'none' }

export class Terminal {
  readonly spec: TerminalSpec
  readonly #options: TerminalOptions
  readonly #pty: Pty
  readonly #leader: Leader
  readonly #ring = new Ring(RING_BYTES_MAX)
  readonly #recording: Recording
  readonly #startedWallMs = Date.now()
  #leash: Leash
  #size: TerminalSize
  #ladder: Ladder = RUNNING
  #over: { readonly code: number; readonly signal: number } | undefined
  #leftoversSinceMs: number | undefined

  /** Throws if the system refuses. */
  constructor(spec: TerminalSpec, options: TerminalOptions) {
    this.spec = spec
    this.#options = options
    this.#leash = spec.leash
    this.#size = { cols: spec.cols, rows: spec.rows }
    this.#recording = new Recording({
      directory: options.directory,
      ring: this.#ring,
      outputBytesMax: spec.outputBytesMax,
      size: this.#size,
      pressure: (high) => (high ? this.#pty.pause() : this.#pty.resume()),
      written: options.grown,
    })
    try {
      this.#pty = this.#fork()
    } catch (error) {
      this.#recording.abandon()
      options.confinement.leave(spec.key)
      throw error
    }
    offerFirst(this.#pty.pid)
    this.#leader = { pid: this.#pty.pid, startedAt: processOf(this.#pty.pid)?.startedAt ?? '' }
  }

  #fork(): Pty {
    const { confinement, cwd, env } = this.#options
    const argv = confinement.enter(this.spec.key, this.spec.argv)
    return openPty(
      { argv, cwd, env, ...this.#size },
      {
        bytes: (chunk) => this.#said(chunk),
        exited: (code, signal) => {
          this.#over = { code, signal }
          this.#sweep()
        },
        drained: (complete) => void this.#close(complete),
      },
    )
  }

  get pid(): number {
    return this.#pty.pid
  }

  held(): Held {
    return {
      type: 'running',
      key: this.spec.key,
      pid: this.pid,
      size: this.#size,
      leash: this.#leash,
      deadlineMs: this.spec.deadlineMs,
      startedWallMs: this.#startedWallMs,
      outputBytes: this.#ring.end,
      ...(this.#ladder.reason ? { ending: this.#ladder.reason } : {}),
    }
  }

  write(bytes: Uint8Array): void {
    if (!this.#over) this.#pty.write(bytes)
  }

  resize(size: TerminalSize): void {
    if (this.#over) return
    this.#size = size
    this.#pty.resize(size)
    this.#recording.resized(size)
  }

  renew(leash: Leash): void {
    this.#leash = leash
  }

  end(reason: EndReason): void {
    if (this.#over) return
    this.#climb(endLadder(this.#ladder, reason, this.#options.nowMs(), this.#options.ladder))
  }

  /** Time has passed. */
  tick(): void {
    if (this.#over) return
    if (this.#ladder.rung === 'killed') return this.#send('SIGKILL')
    const limits = { leash: this.#leash, deadlineMs: this.spec.deadlineMs }
    this.#climb(tickLadder(this.#ladder, limits, this.#options.nowMs(), this.#options.ladder))
  }

  /** What a follower at `offset` gets next: recent output as bytes, what lies behind from the file. */
  read(offset: number, bytesMax: number): Piece {
    const { headBytes, writing } = this.#recording
    const behindBytes = this.#ring.end - offset
    if (behindBytes <= 0) return { type: 'none' }
    if (behindBytes > DIRECT_BYTES_MAX || offset < this.#ring.start) {
      if (offset < headBytes) return { type: 'kept', to: headBytes }
      if (writing) return { type: 'none' } // Soon in the file.
    }
    if (offset < this.#ring.start) return { type: 'gap', to: this.#ring.start }
    return { type: 'bytes', bytes: this.#ring.read(offset, bytesMax) }
  }

  #said(chunk: Uint8Array): void {
    const offset = this.#ring.end
    this.#ring.append(chunk)
    this.#recording.grown(offset)
    this.#options.grown()
  }

  #climb([ladder, signals]: readonly [Ladder, readonly Signal[]]): void {
    this.#ladder = ladder
    for (const signal of signals) this.#send(signal)
  }

  #send(signal: Signal): void {
    const foreground = processOf(this.pid)?.foreground ?? -1
    signalProcess(-this.pid, signal)
    if (foreground > 1 && foreground !== this.pid) signalProcess(-foreground, signal)
    if (signal === 'SIGTERM') signalProcess(-this.pid, 'SIGCONT') // A stopped one hears nothing.
    if (signal === 'SIGKILL') this.#options.confinement.kill(this.spec.key, this.#leader)
  }

  /** The command is over: end what it left, repeatedly, then drain. */
  #sweep(): void {
    const { confinement, nowMs } = this.#options
    const left = confinement.members(this.spec.key, this.#leader)
    this.#leftoversSinceMs ??= nowMs()
    const waitedMs = nowMs() - this.#leftoversSinceMs
    if (left.length === 0 || waitedMs > SWEEP_MS_MAX) return this.#pty.finish()
    const killing = waitedMs >= LEFTOVER_GRACE_MS || this.#ladder.rung === 'killed'
    if (killing) confinement.kill(this.spec.key, this.#leader)
    else if (waitedMs === 0) for (const pid of left) signalProcess(pid, 'SIGTERM')
    setTimeout(() => this.#sweep(), SWEEP_STEP_MS)
  }

  async #close(complete: boolean): Promise<void> {
    const { code = 0, signal = 0 } = this.#over ?? {}
    const limit = this.#options.confinement.leave(this.spec.key)
    const detail = limit ?? (complete ? undefined : 'The last output may be missing')
    this.#options.exited(
      await this.#recording.close({
        reason: this.#ladder.reason ?? 'exited',
        code: signal > 0 ? null : code,
        signal: signal > 0 ? nameOf(signal) : null,
        ...(detail ? { detail } : {}),
        startedWallMs: this.#startedWallMs,
        endedWallMs: Date.now(),
      }),
    )
  }
}

function nameOf(signal: number): string {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal)
  return found?.[0] ?? `signal ${signal}`
}
