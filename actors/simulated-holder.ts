/**
 * The holder of a simulated node: runs scripted commands in virtual time. It outlives the node
 * program (each life of it calls `connect`), keeps every leash by itself, and can crash: then what
 * ran is over, and its successor says `holder-lost`. One seed gives one run.
 */
import type { Clock, Timer } from '../runtime/scheduling/clock.ts'
import type { Random } from '../runtime/scheduling/random.ts'
import { contentHash } from '../runtime/storage/checksum.ts'
import {
  type AttemptKey,
  type EndReason,
  type Exit,
  type ExitReason,
  formatKey,
  type Held,
  type Leash,
  type StartResult,
  type TerminalSize,
  type TerminalSpec,
} from './terminals.ts'

import { INLINE_BYTES_MAX } from './output/transcript.ts'

/** What a command does when nobody stops it. */
export interface Script {
  /** From start to exit. Unit: ms; `Infinity`: until it is ended. */
  readonly runMs: number
  readonly code: number
  /** Killed by this signal instead of exiting. */
  readonly signal?: string
  /** What it says, each `afterMs` [0, runMs] from its start, in order. */
  readonly output: readonly { readonly afterMs: number; readonly text: string }[]
  /** Ignores SIGINT and SIGTERM: ends only when it is killed. */
  readonly stubborn?: boolean
  /** Cannot be started, and why. */
  readonly spawnFails?: string
}

export interface SimulatedHolderOptions {
  readonly clock: Clock
  readonly random: Random
  readonly script: (spec: TerminalSpec) => Script
  /** From a crash to the successor's answer. Unit: ms. Default 300. */
  readonly restartMs?: number
  /** Default 1,000. */
  readonly terminalsMax?: number
  /** Told of each step by its label; `false`: the holder dies right there. */
  step?(label: string): boolean
}

/** A command that has ended. */
export interface PastRun {
  readonly exit: Exit
  /** On a clock that is never set. */
  readonly ranMs: number
}

/** What a life of the node program hears. */
export interface HolderListener {
  exited(key: AttemptKey, exit: Exit): void
  grown(key: AttemptKey): void
  state(state: 'ready' | 'lost'): void
}

const LADDER_MS = 7_000
const KILL_MS_MAX = 100

interface Run {
  readonly spec: TerminalSpec
  readonly script: Script
  readonly pid: number
  readonly startedMs: number
  readonly startedWallMs: number
  readonly timers: Timer[]
  leash: Leash
  size: TerminalSize
  output: string
  ending?: EndReason
  exit?: Exit
  /** What it said is gone. */
  discarded?: boolean
}

export class SimulatedHolder {
  readonly #options: SimulatedHolderOptions
  /** Running ones and owed exits: on disk, so to speak. */
  readonly #runs = new Map<string, Run>()
  /** Forgotten ones: their output stays readable, their keys stay used. */
  readonly #past = new Map<string, Run>()
  #listener: HolderListener | undefined
  #up = true
  #pids = 1_000
  /** Every key that was ever run, as often as it was: never more than once, whatever happens. */
  readonly startCounts = new Map<string, number>()
  /** What came of each of them. */
  readonly exits = new Map<string, PastRun>()

  constructor(options: SimulatedHolderOptions) {
    this.#options = options
  }

  get up(): boolean {
    return this.#up
  }

  /** Keys of commands that run at this moment, as `formatKey` writes them. */
  running(): readonly string[] {
    return [...this.#runs].filter(([, run]) => !run.exit).map(([name]) => name)
  }

  /** One life of the node program listens; the former one is over. */
  listen(listener: HolderListener | undefined): void {
    this.#listener = listener
  }

  nowMs(): number {
    return this.#options.clock.monotonicMs()
  }

  start(spec: TerminalSpec): StartResult {
    const name = formatKey(spec.key)
    if (this.#runs.has(name)) return { type: 'started' }
    const late = spec.leash !== 'unlimited' && spec.leash.untilMs <= this.nowMs()
    if (late || this.#past.has(name))
      return refused('late', 'The leash was over, or the attempt is')
    if (spec.deadlineMs !== null && spec.deadlineMs <= this.nowMs()) {
      return refused('late', 'The deadline was over')
    }
    if (spec.argv.length === 0) return refused('invalid', 'There is no command')
    const terminalsMax = this.#options.terminalsMax ?? 1_000
    if (this.running().length >= terminalsMax) return refused('full', `${terminalsMax} terminals`)
    if (!this.#step('holder start')) return refused('full', 'It died')
    this.#run(name, spec)
    this.#step('holder started')
    return { type: 'started' }
  }

  renew(key: AttemptKey, leash: Leash): void {
    const run = this.#running(key)
    if (!run) return
    run.leash = leash
    this.#watchLeash(run)
  }

  end(key: AttemptKey, reason: EndReason): void {
    const run = this.#running(key)
    if (!run) return
    const first = run.ending === undefined
    run.ending ??= reason
    const atOnce = reason === 'leash' || reason === 'stale'
    if (!first && !atOnce) return
    const climbMs = run.script.stubborn ? LADDER_MS : this.#options.random.below(KILL_MS_MAX)
    const killMs = this.#options.random.below(KILL_MS_MAX)
    const kills = atOnce || run.script.stubborn === true
    this.#after(run, atOnce ? killMs : climbMs, () => {
      this.#exit(run, kills ? { code: null, signal: 'SIGKILL' } : { code: 130, signal: null })
    })
  }

  /** A shell would echo; a script says what is typed. */
  write(key: AttemptKey, bytes: Uint8Array): void {
    const run = this.#running(key)
    if (run) this.#say(run, new TextDecoder().decode(bytes))
  }

  resize(key: AttemptKey, size: TerminalSize): void {
    const run = this.#running(key)
    if (run) run.size = size
  }

  forget(key: AttemptKey): void {
    const run = this.#runs.get(formatKey(key))
    if (!run?.exit || !this.#step('holder forget')) return
    this.#runs.delete(formatKey(key))
    this.#past.set(formatKey(key), run)
    this.#step('holder forgot')
  }

  /** What forgotten attempts of these tasks have said is gone; their keys stay used. */
  discard(tasks: readonly string[]): void {
    for (const run of this.#past.values())
      if (tasks.includes(run.spec.key.task)) run.discarded = true
  }

  held(): readonly Held[] {
    return Array.from(this.#runs.values(), (run) => this.#heldOf(run))
  }

  /** All output so far, and the exit once there is one; `undefined` if nothing is known. */
  output(key: AttemptKey): { readonly bytes: Uint8Array; readonly exit?: Exit } | undefined {
    const run = this.#runs.get(formatKey(key)) ?? this.#past.get(formatKey(key))
    if (!run || run.discarded) return undefined
    const bytes = new TextEncoder().encode(run.output)
    return run.exit ? { bytes, exit: run.exit } : { bytes }
  }

  /** What an attempt that is over has written, by the name of its file. */
  file(name: string): Uint8Array | undefined {
    const run = this.#runs.get(name) ?? this.#past.get(name)
    return run?.exit && !run.discarded ? new TextEncoder().encode(run.output) : undefined
  }

  /** Dies with all it runs. Its successor sweeps, then answers, after `restartMs`. */
  crash(): void {
    if (!this.#up) return
    this.#up = false
    const lost = [...this.#runs.values()].filter((run) => !run.exit)
    for (const run of lost) for (const timer of run.timers) timer.cancel()
    this.#listener?.state('lost')
    this.#options.clock.after(this.#options.restartMs ?? 300, () => {
      this.#up = true
      for (const run of lost) this.#end(run, 'holder-lost', NOTHING)
      this.#listener?.state('ready')
    })
  }

  #run(name: string, spec: TerminalSpec): void {
    const script = this.#options.script(spec)
    const run: Run = {
      spec,
      script,
      pid: ++this.#pids,
      startedMs: this.#options.clock.monotonicMs(),
      startedWallMs: this.#options.clock.wallMs(),
      timers: [],
      leash: spec.leash,
      size: { cols: spec.cols, rows: spec.rows },
      output: '',
    }
    this.#runs.set(name, run)
    this.startCounts.set(name, (this.startCounts.get(name) ?? 0) + 1)
    if (script.spawnFails) return this.#after(run, 0, () => this.#exit(run, NOTHING))
    for (const { afterMs, text } of script.output)
      this.#after(run, afterMs, () => this.#say(run, text))
    if (Number.isFinite(script.runMs)) {
      const { code, signal = null } = script
      this.#after(run, script.runMs, () => {
        this.#exit(run, signal ? { code: null, signal } : { code, signal })
      })
    }
    this.#watchLeash(run)
    if (spec.deadlineMs !== null) {
      this.#after(run, spec.deadlineMs - this.nowMs(), () => this.end(spec.key, 'timed-out'))
    }
  }

  #watchLeash(run: Run): void {
    const { leash } = run
    if (leash === 'unlimited') return
    this.#after(run, leash.untilMs - this.nowMs(), () => {
      const over = run.leash !== 'unlimited' && run.leash.untilMs <= this.nowMs()
      if (over) this.end(run.spec.key, 'leash')
    })
  }

  #after(run: Run, delayMs: number, act: () => void): void {
    const timer = this.#options.clock.after(Math.max(0, delayMs), () => {
      if (!run.exit) act()
    })
    run.timers.push(timer)
  }

  #running(key: AttemptKey): Run | undefined {
    const run = this.#runs.get(formatKey(key))
    return run?.exit ? undefined : run
  }

  #say(run: Run, text: string): void {
    run.output += text
    this.#listener?.grown(run.spec.key)
  }

  #exit(run: Run, how: How): void {
    for (const timer of run.timers) timer.cancel()
    if (!this.#step('holder exit')) return
    const failed = run.script.spawnFails !== undefined && !run.ending
    const exit = this.#end(run, failed ? 'spawn-failed' : (run.ending ?? 'exited'), how)
    if (!this.#step('holder exited')) return
    this.#listener?.exited(run.spec.key, exit)
    this.#listener?.grown(run.spec.key)
  }

  #step(label: string): boolean {
    if (this.#options.step?.(label) ?? true) return true
    this.crash()
    return false
  }

  /** Written down, and on disk. */
  #end(run: Run, reason: ExitReason, how: How): Exit {
    const { spawnFails } = run.script
    const exit: Exit = {
      reason,
      ...how,
      ...(reason === 'spawn-failed' && spawnFails ? { detail: spawnFails } : {}),
      startedWallMs: run.startedWallMs,
      endedWallMs: this.#options.clock.wallMs(),
      outputBytes: new TextEncoder().encode(run.output).length,
      outputTruncated: reason === 'holder-lost',
      ...transcriptOf(new TextEncoder().encode(run.output)),
    }
    run.exit = exit
    const ranMs = this.#options.clock.monotonicMs() - run.startedMs
    this.exits.set(formatKey(run.spec.key), { exit, ranMs })
    return exit
  }

  #heldOf(run: Run): Held {
    const { spec, size, leash, pid, startedWallMs, exit, ending } = run
    if (exit) return { type: 'exited', key: spec.key, exit }
    const outputBytes = new TextEncoder().encode(run.output).length
    const { key, deadlineMs } = spec
    const held = { key, pid, size, leash, deadlineMs, startedWallMs, outputBytes }
    return { type: 'running', ...held, ...(ending ? { ending } : {}) }
  }
}

type How = Pick<Exit, 'code' | 'signal'>

const NOTHING: How = { code: null, signal: null }

function transcriptOf(bytes: Uint8Array): Pick<Exit, 'transcript'> {
  if (bytes.length === 0) return {}
  if (bytes.length > INLINE_BYTES_MAX)
    return { transcript: { hash: contentHash(bytes), bytes: bytes.length } }
  return { transcript: { base64: Buffer.from(bytes).toString('base64') } }
}

function refused(reason: 'late' | 'invalid' | 'full', detail: string): StartResult {
  return { type: 'refused', reason, detail }
}
