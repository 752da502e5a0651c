import { type Behavior, same, stop, unhandled } from '../../runtime/actor/behavior.ts'
import type { ChildSpec } from '../../runtime/actor/child-spec.ts'
import type { Context } from '../../runtime/actor/context.ts'
import type { RuntimeError } from '../../runtime/errors.ts'
import type { Blobs } from '../../runtime/storage/blobs/blobs.ts'
import type { StoreId } from '../../runtime/storage/store-id.ts'
import {
  type Exit,
  formatKey,
  type Held,
  type Leash,
  type StartResult,
  type Terminals,
} from '../terminals.ts'
import { blobIn, type TranscriptBlob } from '../output/transcript.ts'
import { keyOf, type ToExchange, type ToSlots, type Token } from './messages.ts'
import type { WorkOptions } from './options.ts'
import { refusalOf, reportOf } from './outcome.ts'

/** The longest that the clock takes. Unit: ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface WorkerOptions {
  readonly terminals: Terminals
  readonly blobs: Blobs
  readonly work: WorkOptions
  readonly boot: number
  send(to: StoreId, message: ToExchange): void
}

/** The attempt that a slot is taken by, and how it came to be. */
export interface Attempt {
  readonly token: Token
  readonly leader: StoreId
  readonly origin: Origin
  /** The holder has no place for another. */
  full(): void
}

export type Origin =
  | { readonly type: 'assigned'; readonly assignment: Assignment; readonly leash: Leash }
  /** By the holder, from before this life of the node or of its slots. */
  | { readonly type: 'held'; readonly held: Held }

export type Assignment = Extract<ToSlots, { readonly type: 'assign' }>

export type WorkerMessage =
  | { readonly type: 'exited'; readonly exit: Exit }
  /** What it said of its end is written down, or of no account. */
  | { readonly type: 'answered' }
  /** Private. */
  | { readonly type: 'startAnswered'; readonly result: StartResult }
  | { readonly type: 'listed'; readonly held: readonly Held[] | undefined }
  | { readonly type: 'sealed'; readonly error: RuntimeError | undefined }
  | { readonly type: 'overdue' | 'repeat' | 'look' | 'seal' }

type It = WorkerOptions & Attempt & { readonly context: Context<WorkerMessage> }

/**
 * One slot while it is taken: runs one attempt, and says how it ended until that is written down.
 * Then it stops, and the slot is free.
 *
 * Started again after a failure it knows nothing but its token, and asks the holder what became of it.
 */
export function workerSpec(options: WorkerOptions, attempt: Attempt): ChildSpec<WorkerMessage> {
  let begun = false
  return {
    name: formatKey(attempt.token),
    restart: 'transient',
    start: (context) => {
      const it = { ...options, ...attempt, context }
      if (begun) return look(it)
      begun = true
      return begin(it)
    },
  }
}

/** It runs, or is to. */
function running(it: It): Behavior<WorkerMessage> {
  return {
    startAnswered: ({ result }) => {
      if (result.type === 'started') return sayStarted(it)
      if (result.reason === 'full') it.full()
      return report(it, refusalOf(it.token, result))
    },
    exited: ({ exit }) => ended(it, exit),
    overdue: () => {
      it.terminals.end(it.token, 'timed-out')
      return same
    },
    answered: () => same, // To nothing that was said here.
    repeat: () => unhandled,
    listed: () => unhandled,
    look: () => unhandled,
    seal: () => unhandled,
    sealed: () => unhandled,
  }
}

function begin(it: It): Behavior<WorkerMessage> {
  if (it.origin.type === 'held') return adopt(it, it.origin.held)
  const { assignment, leash } = it.origin
  const { token, terminals } = it
  const { argv, workdir, terminal, outputBytesMax, env } = assignment.spec
  const spec = {
    ...{ key: token, argv, ...terminal, leash, outputBytesMax },
    ...(workdir === undefined ? {} : { cwd: workdir }),
    env: {
      ...env,
      ARCHITECT_TASK: token.task,
      ARCHITECT_ATTEMPT_NUMBER: String(token.attempt),
    },
    deadlineMs: terminals.nowMs() + assignment.startToCloseMs,
  }
  endLater(it, assignment.startToCloseMs)
  const answered = (result: StartResult): WorkerMessage => ({ type: 'startAnswered', result })
  terminals.start(spec, it.context.adapt(answered))
  return running(it)
}

function adopt(it: It, held: Held): Behavior<WorkerMessage> {
  if (held.type === 'exited') return ended(it, held.exit)
  if (held.deadlineMs !== null) endLater(it, held.deadlineMs - it.terminals.nowMs())
  sayStarted(it)
  return running(it)
}

/** The node ends what outlives its deadline, as the holder does too. */
function endLater({ context }: It, delayMs: number): void {
  if (delayMs > LONGEST_TIMER_MS) return // The holder's alone to end.
  context.timers.once('overdue', Math.max(0, delayMs), { type: 'overdue' })
}

function sayStarted(it: It): typeof same {
  it.send(it.leader, { type: 'started', token: it.token, boot: it.boot })
  return same
}

/** What it wrote comes first: no record names a blob that is not on disk. */
function ended(it: It, exit: Exit): Behavior<WorkerMessage> {
  const blob = blobIn(exit.transcript)
  return blob ? seal(it, exit, blob) : report(it, reportOf(it.token, exit))
}

/** A disk that is full holds up the record, which the holder keeps. */
function seal(it: It, exit: Exit, blob: TranscriptBlob): Behavior<WorkerMessage> {
  const { terminals, token, context, work } = it
  const sealed = context.adapt((error?: RuntimeError) => ({ type: 'sealed', error }))
  it.blobs.seal(terminals.outputFile(token), blob, sealed)
  return {
    ...running(it),
    sealed: ({ error }) => {
      if (!error) return report(it, reportOf(token, exit))
      if (error.code === 'NOT_FOUND') return report(it, reportOf(token, withoutOutput(exit)))
      context.timers.once('seal', work.repeatMs, { type: 'seal' })
      return same
    },
    seal: () => seal(it, exit, blob),
    startAnswered: () => same,
    exited: () => same,
  }
}

/** Its file went with the power of the machine, before anything had named it. */
function withoutOutput({ transcript: _, ...exit }: Exit): Exit {
  return exit
}

/** Says how it ended, again and again until it is answered. */
function report(it: It, said: ToExchange): Behavior<WorkerMessage> {
  it.context.timers.cancel('overdue')
  it.context.timers.every('repeat', it.work.repeatMs, { type: 'repeat' })
  it.send(it.leader, said)
  return {
    ...running(it),
    repeat: () => {
      it.send(it.leader, said)
      return same
    },
    answered: () => {
      it.terminals.forget(it.token)
      return stop
    },
    startAnswered: () => same,
    exited: () => same,
  }
}

/** What an earlier life of this worker did only the holder knows. */
function look(it: It): Behavior<WorkerMessage> {
  it.context.timers.once('look', it.work.repeatMs, { type: 'look' })
  it.terminals.list(it.context.adapt((held) => ({ type: 'listed', held })))
  return {
    ...running(it),
    look: () => look(it),
    listed: ({ held }) => (held ? found(it, held) : same), // There is no holder now: asked again later.
  }
}

function found(it: It, held: readonly Held[]): Behavior<WorkerMessage> {
  it.context.timers.cancel('look')
  const ours = held.find(({ key }) => keyOf(key) === keyOf(it.token))
  if (ours) return adopt(it, ours)
  const why = 'its worker failed before it was started'
  return report(it, { type: 'lost', token: it.token, how: 'unstarted', why })
}
