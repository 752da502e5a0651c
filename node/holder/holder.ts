/**
 * The holder without its socket: which attempts run, which exits are owed, who must end. It keeps
 * every leash and deadline by itself, on the boot clock, and needs nobody for it.
 */
import {
  type AttemptKey,
  type EndReason,
  type Exit,
  formatKey,
  type Held,
  type RefusedReason,
  type Renewal,
  type TerminalSize,
  type TerminalSpec,
} from '../../actors/terminals.ts'
import type { Confinement } from './confinement/confinement.ts'
import { alive, type Entry, generations, type Ledger, retireGeneration } from './ledger.ts'
import { environmentOf, type Surroundings } from './terminal/environment.ts'
import { attemptDirectory, readEnd } from './terminal/finished.ts'
import type { LadderOptions } from './terminal/ladder.ts'
import { whyInvalid, whyNotRunnable } from './terminal/program.ts'
import { writeEnd } from './terminal/recording.ts'
import { salvage } from './terminal/salvage.ts'
import { Terminal } from './terminal/terminal.ts'

/** Running and owed together, so that a list of them fits a frame. */
const HELD_MAX = 5_000
const DETAIL_LENGTH_MAX = 300
const SWEEP_STEP_MS = 25
const SWEEP_MS_MAX = 5_000

export interface HolderOptions {
  /** The node's data directory. */
  readonly data: string
  readonly store: string
  readonly generation: number
  readonly terminalsMax: number
  readonly ladder: LadderOptions
  readonly surroundings: Surroundings
  readonly confinement: Confinement
  readonly ledger: Ledger
  readonly nowMs: () => number
  readonly log: (line: string) => void
  readonly exited: (key: AttemptKey, exit: Exit) => void
  /** The attempt has more to read, or has become a finished one. */
  readonly grown: (key: AttemptKey) => void
}

export type Source =
  | { readonly type: 'running'; readonly terminal: Terminal }
  /** Over, the record on its way to disk: the end comes when it is there. */
  | { readonly type: 'settling' }
  | { readonly type: 'over'; readonly exit: Exit }

export type Refusal = { readonly reason: RefusedReason; readonly detail: string }

export class Holder {
  readonly #options: HolderOptions
  readonly #terminals = new Map<string, Terminal>()
  readonly #exits = new Map<string, { readonly key: AttemptKey; readonly exit: Exit }>()
  /** Over, their records on the way to disk. */
  #settling = 0
  #adopting = false
  draining = false

  constructor(options: HolderOptions) {
    this.#options = options
  }

  /** Nothing runs and nothing is owed. */
  get empty(): boolean {
    return this.#terminals.size + this.#exits.size + this.#settling === 0 && !this.#adopting
  }

  get running(): number {
    return this.#terminals.size
  }

  held(): readonly Held[] {
    return [
      ...Array.from(this.#terminals.values(), (terminal) => terminal.held()),
      ...Array.from(this.#exits.values(), (owed): Held => ({ type: 'exited', ...owed })),
    ]
  }

  /** `undefined`: it runs, or ran. */
  start(spec: TerminalSpec): Refusal | undefined {
    const { ledger, nowMs, terminalsMax, generation } = this.#options
    const name = formatKey(spec.key)
    if (this.#terminals.has(name) || this.#exits.has(name) || ledger.has(spec.key)) return undefined
    if (this.draining) return { reason: 'lost', detail: 'This holder drains' }
    const invalid = whyInvalid(spec)
    if (invalid) return { reason: 'invalid', detail: invalid }
    const late = spec.leash !== 'unlimited' && spec.leash.untilMs <= nowMs()
    if (late || (spec.deadlineMs !== null && spec.deadlineMs <= nowMs())) {
      return { reason: 'late', detail: 'The leash or the deadline was over before the start' }
    }
    if (readEnd(this.#directoryOf(spec.key))) {
      return { reason: 'late', detail: 'This attempt is over and was forgotten' }
    }
    if (this.#terminals.size >= terminalsMax) {
      return { reason: 'full', detail: `The limit of ${terminalsMax} terminals is reached` }
    }
    if (this.#terminals.size + this.#exits.size >= HELD_MAX) {
      return { reason: 'full', detail: `${HELD_MAX} attempts run or wait to be forgotten` }
    }
    const { key, outputBytesMax } = spec
    return this.#open(spec, { key, generation, startedWallMs: Date.now(), outputBytesMax })
  }

  renew(renewals: readonly Renewal[]): void {
    for (const { key, leash } of renewals) this.#terminals.get(formatKey(key))?.renew(leash)
  }

  end(key: AttemptKey, reason: EndReason): void {
    this.#terminals.get(formatKey(key))?.end(reason)
  }

  write(key: AttemptKey, bytes: Uint8Array): void {
    this.#terminals.get(formatKey(key))?.write(bytes)
  }

  resize(key: AttemptKey, size: TerminalSize): void {
    this.#terminals.get(formatKey(key))?.resize(size)
  }

  forget(key: AttemptKey): void {
    if (this.#exits.delete(formatKey(key))) this.#options.ledger.forget(key)
  }

  /** Where a follower gets its output; `undefined` if nothing is known of the attempt. */
  source(key: AttemptKey): Source | undefined {
    const terminal = this.#terminals.get(formatKey(key))
    if (terminal) return { type: 'running', terminal }
    const owed = this.#exits.get(formatKey(key))
    if (owed) return { type: 'over', exit: owed.exit }
    return this.#options.ledger.has(key) ? { type: 'settling' } : undefined
  }

  /** Time has passed: limits are compared and ladders climbed. */
  tick(): void {
    for (const terminal of this.#terminals.values()) terminal.tick()
  }

  /** Sweeps what dead generations left, and owes their exits from now on. */
  async adopt(): Promise<void> {
    const { data, ledger, generation, log } = this.#options
    if (this.#adopting) return
    this.#adopting = true
    const dead = generations(data).filter((each) => !alive(each))
    const living = new Set(
      generations(data)
        .filter(alive)
        .map((each) => each.generation),
    )
    living.add(generation)
    const orphaned = ledger.entries().filter((entry) => !living.has(entry.generation))
    const left = await this.#sweepOrphans(orphaned)
    if (left > 0) log(`${left} processes of lost attempts could not be ended`)
    for (const entry of orphaned) await this.#takeOver(entry)
    for (const each of dead) retireGeneration(data, each.generation)
    this.#adopting = false
  }

  /** Ends everything at once: the operator stops the holder itself. */
  endAll(): void {
    for (const terminal of this.#terminals.values()) terminal.end('leash')
  }

  #directoryOf(key: AttemptKey): string {
    return attemptDirectory(this.#options.data, key)
  }

  #open(spec: TerminalSpec, entry: Entry): Refusal | undefined {
    const { store, surroundings, ledger } = this.#options
    const name = formatKey(spec.key)
    const env = environmentOf(spec, store, surroundings)
    const cwd = spec.cwd ?? surroundings.home
    try {
      ledger.begin(entry)
    } catch (error) {
      return { reason: 'full', detail: `The start could not be noted: ${String(error)}` }
    }
    const program = spec.argv[0] ?? ''
    const why = whyNotRunnable({ program, cwd, path: env['PATH'] ?? '' })
    if (why) return void this.#settle(entry, neverRan(entry, why))
    try {
      const terminal = new Terminal(spec, {
        ...this.#options,
        directory: this.#directoryOf(spec.key),
        cwd,
        env,
        grown: () => this.#options.grown(spec.key),
        exited: (exit) => this.#settle(entry, exit),
      })
      this.#terminals.set(name, terminal)
    } catch (error) {
      const never = neverRan(entry, `Cannot start "${program}": ${String(error)}`)
      this.#settle(entry, { ...never, reason: 'exhausted' })
    }
    return undefined
  }

  /** The record is on disk before anybody hears of it. */
  #settle(entry: Entry, exit: Exit): void {
    const { ledger, log } = this.#options
    this.#settling += 1
    const settled = (): void => {
      this.#settling -= 1
      this.#owe(entry.key, exit)
    }
    ledger.finish({ ...entry, exit }).then(settled, (error: unknown) => {
      log(`The exit of ${formatKey(entry.key)} is not on disk: ${String(error)}`)
      settled() // Kept in memory: said now, and "holder-lost" only if we die before it is forgotten.
    })
  }

  #owe(key: AttemptKey, exit: Exit): void {
    const name = formatKey(key)
    this.#exits.set(name, { key, exit })
    this.#terminals.delete(name)
    this.#options.exited(key, exit)
    this.#options.grown(key)
  }

  async #sweepOrphans(orphaned: readonly Entry[]): Promise<number> {
    const { confinement, ledger, nowMs } = this.#options
    const lost = new Set(orphaned.map((entry) => formatKey(entry.key)))
    const untilMs = nowMs() + SWEEP_MS_MAX
    for (;;) {
      const names = ledger.entries().map((entry) => formatKey(entry.key))
      const left = confinement.sweep(new Set(names.filter((name) => !lost.has(name))))
      if (left === 0 || nowMs() > untilMs) return left
      await new Promise((resolve) => setTimeout(resolve, SWEEP_STEP_MS))
    }
  }

  async #takeOver(entry: Entry): Promise<void> {
    const { generation, ledger, log } = this.#options
    const exit = entry.exit ?? (await this.#lostExit(entry))
    try {
      ledger.adopt({ ...entry, generation, exit })
    } catch (error) {
      log(`The exit of ${formatKey(entry.key)} is not on disk: ${String(error)}`)
    }
    this.#owe(entry.key, exit)
  }

  /** What was written to the head is kept; the tail died with the holder. */
  async #lostExit(entry: Entry): Promise<Exit> {
    const directory = this.#directoryOf(entry.key)
    const ended = readEnd(directory)
    if (ended) return ended.exit
    const { bytes, transcript } = await salvage(directory, entry.outputBytesMax)
    const exit: Exit = {
      ...neverRan(entry, 'The holder of this terminal died; what it left was ended'),
      reason: 'holder-lost',
      outputBytes: bytes,
      outputTruncated: true,
      ...(transcript ? { transcript } : {}),
    }
    const end = { exit, headBytes: bytes, tailOffset: bytes, size: { cols: 80, rows: 24 } }
    if (bytes > 0) writeEnd(directory, end)
    return exit
  }
}

function neverRan(entry: Entry, detail: string): Exit {
  return {
    reason: 'spawn-failed',
    code: null,
    signal: null,
    detail: detail.slice(0, DETAIL_LENGTH_MAX),
    startedWallMs: entry.startedWallMs,
    endedWallMs: Date.now(),
    outputBytes: 0,
    outputTruncated: false,
  }
}
