import type { Transcript } from './output/transcript.ts'

/**
 * The terminals of one node, as the actors above see them: start one, keep its leash, end it, read
 * what it says. The real form is `node/holder/client.ts`, which talks to the holder process; the
 * simulated one is `simulated-terminals.ts`.
 *
 * What every form promises:
 *
 * - At most one process tree per key, ever: `start` of a key that runs or ran is answered
 *   `started` again and starts nothing.
 * - Every attempt that was answered `started` has exactly one exit. It is reported to `onExit` at
 *   least once, again after every restart of the node, until `forget`. By then no process of the
 *   attempt is left and all its output has been kept.
 * - Within 1 s after its leash an attempt is killed; within 1 s after its deadline the kill ladder
 *   begins (SIGINT, 2 s, SIGTERM, 5 s, SIGKILL); also when nobody calls this port any more.
 * - Output has stable byte offsets from 0, which outlive a restart of the node.
 * - Callbacks never run inside the call they were given to, and never throw into the port.
 */
export interface Terminals {
  /** Milliseconds on the clock of every `…Ms` moment below: it counts suspend and never steps back. */
  nowMs(): number
  /** Answered exactly once, after a lost holder possibly by its successor. Refused at once while `lost`. */
  start(spec: TerminalSpec, answered: (result: StartResult) => void): void
  /**
   * Sets leashes; they may shrink. Acknowledged `true` once they bind at the holder (a key it does
   * not hold counts as bound), `false` if nobody knows.
   */
  renew(renewals: readonly Renewal[], acknowledged: (bound: boolean) => void): void
  /**
   * Starts the kill ladder, once; `leash` and `stale` kill at once. The first reason stands. A key
   * not held is ignored.
   */
  end(key: AttemptKey, reason: EndReason): void
  /** Keys typed. Dropped if the attempt does not run, or its input of [1 MiB] unread is full. */
  write(key: AttemptKey, bytes: Uint8Array): void
  resize(key: AttemptKey, size: TerminalSize): void
  /**
   * What runs, and the exits not yet forgotten; `undefined` while the holder cannot say. Every start
   * that was asked for before is in it, or was refused.
   */
  list(answered: (held: readonly Held[] | undefined) => void): void
  /** The exit was answered `accepted` or `stale`. The output stays readable by `follow`. */
  forget(key: AttemptKey): void
  /** What an attempt that is over has written: a file below the data directory, until `discard`. */
  outputFile(key: AttemptKey): string
  /** Deletes what attempts of these tasks, which have ended and are forgotten, have said. */
  discard(tasks: readonly string[], done: (error?: Error) => void): void
  /**
   * Streams output from a byte offset, in order, each byte once: first what is kept, then live,
   * then `end`. Goes on by itself after a lost connection. A slow sink holds up nobody else: it
   * gets `gap` for bytes that are no longer kept by its turn.
   */
  follow(key: AttemptKey, fromOffset: number, sink: OutputSink): Following
  onExit(listener: (key: AttemptKey, exit: Exit) => void): Subscription
  /** Called with the present state first. `lost`: starts are refused until it is `ready` again. */
  onState(listener: (state: 'ready' | 'lost') => void): Subscription
}

/** One run of a task: with `attempt` from 1, the fencing token. `task` is 1 to 64 of `[A-Za-z0-9_-]`. */
export interface AttemptKey {
  readonly task: string
  readonly attempt: number
}

export interface TerminalSize {
  /** [1, 1000] both. */
  readonly cols: number
  readonly rows: number
}

export interface TerminalSpec extends TerminalSize {
  readonly key: AttemptKey
  /** The program, searched in `PATH`, and its arguments. At least one. */
  readonly argv: readonly string[]
  /** Absolute. Default: the home of the node's user. Missing: the exit is `spawn-failed`. */
  readonly cwd?: string
  /** Added to `PATH`, `HOME`, `LANG`, `TERM` and `COLORTERM`, and wins over them. */
  readonly env: Readonly<Record<string, string>>
  /** Start-to-close: ended as `timed-out` at this moment. `null`: never. */
  readonly deadlineMs: number | null
  readonly leash: Leash
  /** Bytes of output kept: the head, and the last [1 MiB]. At least 64 KiB; default 64 MiB. */
  readonly outputBytesMax: number
}

/** Until when an attempt may run without another renewal. */
export type Leash = { readonly untilMs: number } | 'unlimited'

export interface Renewal {
  readonly key: AttemptKey
  readonly leash: Leash
}

export type StartResult =
  /** It runs, or ran: an exit is reported or will be. */
  | { readonly type: 'started' }
  /** It does not and will not run under this call; no exit follows. */
  | { readonly type: 'refused'; readonly reason: RefusedReason; readonly detail: string }

export type RefusedReason =
  | 'lost' // No holder to ask.
  | 'late' // Leash or deadline was over when the holder was asked.
  | 'invalid' // A field is out of range.
  | 'full' // The holder has its [1,000] terminals, or its disk is full.

export type EndReason = 'cancelled' | 'timed-out' | 'leash' | 'stale'

export type ExitReason =
  | EndReason
  | 'exited' // By itself: `code`, or `signal` if one killed it.
  | 'holder-lost' // The holder died; what it left was swept. Whether the work was done is unknown.
  | 'spawn-failed' // Never ran, and would not the next time either: `detail` says why.
  | 'exhausted' // Never ran: the machine had no process or terminal left for it.

export interface Exit {
  readonly reason: ExitReason
  /** As the command said; also when the ladder ended it. */
  readonly code: number | null
  /** Such as `SIGKILL`. */
  readonly signal: string | null
  /** One line for a person, such as `process limit of 1024 reached`. */
  readonly detail?: string
  readonly startedWallMs: number
  readonly endedWallMs: number
  /** All that was written, kept or not. */
  readonly outputBytes: number
  /** Some of it was not kept. */
  readonly outputTruncated: boolean
  /** What was kept of it, if anything was; a blob that is to be sealed is on disk as `outputFile`. */
  readonly transcript?: Transcript
}

export type Held =
  | {
      readonly type: 'running'
      readonly key: AttemptKey
      readonly pid: number
      readonly size: TerminalSize
      readonly leash: Leash
      readonly deadlineMs: number | null
      readonly startedWallMs: number
      readonly outputBytes: number
      /** The ladder is under way. */
      readonly ending?: EndReason
    }
  | { readonly type: 'exited'; readonly key: AttemptKey; readonly exit: Exit }

/** Takes output. Calls come one at a time and in order of offset; none after `end` or `gone`. */
export interface OutputSink {
  bytes(offset: number, chunk: Uint8Array): void
  /** Bytes [from, to) are not kept. */
  gap(fromOffset: number, toOffset: number): void
  /** All output was given. */
  end(exit: Exit): void
  /** Nothing of this attempt is known here. */
  gone(): void
}

export interface Following {
  /** At most [256 KiB] still arrive after `pause`. */
  pause(): void
  resume(): void
  stop(): void
}

export interface Subscription {
  cancel(): void
}

/** The key as one string, as in file names and maps. */
export function formatKey(key: AttemptKey): string {
  return `${key.task}.${key.attempt}`
}

const KEY = /^([A-Za-z0-9_-]{1,64})\.([1-9]\d{0,8})$/

/** The key that `formatKey` wrote; `undefined` for any other text. */
export function parseKey(text: string): AttemptKey | undefined {
  const match = KEY.exec(text)
  if (!match?.[1]) return undefined
  return { task: match[1], attempt: Number(match[2]) }
}
