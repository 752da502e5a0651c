import type { ActorRef } from '../../runtime/actor/actor-ref.ts'
import { type Behavior, type OfType, same, started } from '../../runtime/actor/behavior.ts'
import type { ChildSpec } from '../../runtime/actor/child-spec.ts'
import type { Context } from '../../runtime/actor/context.ts'
import { assert } from '../../runtime/errors.ts'
import type { Answered, Shards } from '../../runtime/shard/machine.ts'
import type { StoreId } from '../../runtime/storage/store-id.ts'
import type { Command, Reply } from '../task/command.ts'
import { runs } from '../task/fold.ts'
import { shardOfTask } from '../task/task-id.ts'
import type { Loss, Task } from '../task/task.ts'
import type { LedTasks } from '../tasks-machine/led-tasks.ts'
import { LedShards, storeOf, tokenOf } from './led-shards.ts'
import { type Credit, type Match, Matching } from './matching.ts'
import type { Heard, ToExchange, Token, ToSlots } from './messages.ts'
import { marginHolds, type WorkOptions } from './options.ts'
import { compare, type Correction, isNewer } from './renewal.ts'

/** How long a command of the exchange may take; its node repeats what is not answered. Unit: ms. */
const COMMAND_MS = 5_000
/** Of an assignment that is told again: whatever slot it had is gone. */
const NO_CREDIT = 0
/** Between looks for attempts whose store is silent. Unit: ms. */
const SWEEP_MS = 1_000
/** As many as one turn of the transport delivers. What is refused is as if it were lost on the way. */
const MESSAGES_MAX = 4_096

export interface ExchangeOptions {
  readonly shards: Shards<Command>
  readonly work: WorkOptions
  /** The shards that this node leads. */
  led(): ReadonlyMap<number, LedTasks>
  /** The stores whose nodes may be asked for slots. */
  nodes(): readonly StoreId[]
  /** The stores that are part of the cluster. */
  stores(): ReadonlySet<string>
  send(to: StoreId, message: ToSlots): void
}

export type ExchangeMessage =
  | Heard<ToExchange>
  /** Other tasks may be given out than before: told for every change, heard once for many. */
  | { readonly type: 'match' }
  /** This node leads the shard from now on. */
  | { readonly type: 'led'; readonly shard: number }
  /** An attempt is to end: its task was cancelled, or it has run for as long as it may. */
  | (End & { readonly type: 'end'; readonly store: StoreId })
  | Decided
  | Recorded
  | { readonly type: 'sweep' }

type End = { readonly token: Token; readonly reason: 'cancelled' | 'timed-out' | 'stale' }
/** Private: what became of our own commands. */
type Decided = {
  readonly type: 'decided'
  readonly match: Match
  readonly reply: Reply | undefined
}
type Recorded = {
  readonly type: 'recorded'
  readonly to: StoreId
  readonly token: Token
  readonly reply: Reply | undefined
}

type Exchange = {
  readonly options: ExchangeOptions
  readonly context: Context<ExchangeMessage>
  readonly led: LedShards
  readonly matching: Matching
  /** What each store said last of what it holds. */
  readonly renewals: Map<StoreId, Renewal>
  readonly sinceMs: number
}
type Renewal = {
  readonly atMs: number
  readonly heard: OfType<ExchangeMessage, 'renew'>
  readonly missing: ReadonlySet<string>
}

/**
 * Gives the tasks of the shards that this node leads to nodes with free slots: says what is wanted,
 * takes credits, commits each assignment before its node hears of it. On edges only; nothing polls.
 *
 * What it keeps it may lose: credits are given anew, assignments that were committed and not told
 * are told with the next renewal, and a store is silent only once it was silent for as long as this
 * life of the exchange has listened.
 */
export function exchangeSpec(options: ExchangeOptions): ChildSpec<ExchangeMessage> {
  assert(marginHolds(options.work), 'an attempt is over before the next may start')
  return {
    name: 'exchange',
    restart: 'permanent',
    mailbox: { messagesMax: MESSAGES_MAX, newest: ['match'] },
    start: (context) => exchange(options, context),
  }
}

/** What the exchange should hear of a committed change. */
export function tellChange(
  exchange: ActorRef<ExchangeMessage>,
  before: Task | undefined,
  after: Task | undefined,
): void {
  if (after?.cancelling && !before?.cancelling) tellEnd(exchange, after, 'cancelled')
}

/** What the exchange should hear of an attempt that is to end. Its node may know that too. */
export function tellEnd(
  exchange: ActorRef<ExchangeMessage>,
  task: Task,
  reason: 'cancelled' | 'timed-out',
): void {
  const store = storeOf(task)
  if (store && runs(task)) exchange.tell({ type: 'end', store, token: tokenOf(task), reason })
}

function exchange(
  options: ExchangeOptions,
  context: Context<ExchangeMessage>,
): Behavior<ExchangeMessage> {
  const led = new LedShards(options.led)
  const sinceMs = context.clock.monotonicMs()
  const matching = new Matching(led, options.work.creditMs)
  const it: Exchange = { options, context, led, matching, sinceMs, renewals: new Map() }
  return {
    [started]: () => {
      context.timers.every('sweep', SWEEP_MS, { type: 'sweep' })
      return matchSoon(it)
    },
    match: () => match(it),
    led: ({ shard }) => catchUp(it, shard),
    credit: (credit) => offered(it, credit),
    decided: (decided) => assigned(it, decided),
    started: ({ token }) => begun(it, token),
    finished: ({ from, token, outcome }) => record(it, from, { type: 'finish', ...token, outcome }),
    lost: ({ type: _, from, token, ...said }) =>
      record(it, from, { ...token, ...said, type: 'lose' }),
    recorded: (recorded) => answer(it, recorded),
    renew: (renewal) => renew(it, renewal),
    end: ({ store, ...ending }) => end(it, store, ending),
    sweep: () => sweep(it),
  }
}

/** Once for all that asks for it while it waits in the mailbox. */
function matchSoon({ context }: Exchange): typeof same {
  context.self.tell({ type: 'match' })
  return same
}

function offered(it: Exchange, credit: Credit): typeof same {
  it.matching.offered(credit, it.context.clock.monotonicMs())
  return matchSoon(it)
}

function match(it: Exchange): typeof same {
  for (const each of it.matching.matches(it.context.clock.monotonicMs())) assign(it, each)
  const sorts = it.matching.news()
  if (sorts)
    for (const store of it.options.nodes()) it.options.send(store, { type: 'wanted', sorts })
  return same
}

function assign(it: Exchange, each: Match): void {
  const task = it.led.task(each.candidate.id)
  if (!task) return
  const { from: store, boot, node } = each.credit
  const command = {
    type: 'assign',
    task: task.id,
    version: task.version,
    store,
    boot,
    node,
  } as const
  decide(it, command, (reply) => ({ type: 'decided', match: each, reply }))
}

/** Committed: only now does its node hear of it. */
function assigned(it: Exchange, { match: { credit, candidate }, reply }: Decided): typeof same {
  if (!reply) return same
  if (reply.type !== 'attempt') return matchSoon(it)
  const { attempt, startToCloseMs, spec } = reply
  const token = { task: candidate.id, attempt }
  // Cancelled before it was told of: nobody needs to start it, and nobody would end it.
  if (it.led.task(token.task)?.cancelling)
    return giveUp(it, token, 'unstarted', 'it was cancelled before it ran')
  const { leashMs } = it.options.work
  const { boot } = credit
  const slot = { credit: credit.credit, boot }
  it.options.send(credit.from, { type: 'assign', ...slot, token, spec, startToCloseMs, leashMs })
  return same
}

function begun(it: Exchange, token: Token): typeof same {
  return decide(it, { type: 'start', ...token })
}

type Ending = Extract<Command, { readonly type: 'finish' | 'lose' }>

/** A node may forget an end only once it is answered that it is written down, or of no account. */
function record(it: Exchange, to: StoreId, ending: Ending): typeof same {
  const token = { task: ending.task, attempt: ending.attempt }
  return decide(it, ending, (reply) => ({ type: 'recorded', to, token, reply }))
}

function answer(it: Exchange, { to, token, reply }: Recorded): typeof same {
  if (reply?.type === 'accepted' || reply?.type === 'stale')
    it.options.send(to, { type: 'answered', token, verdict: reply.type })
  return same
}

/** A node that starts says what it holds before anybody leads its shards: compared with them now. */
function catchUp(it: Exchange, shard: number): typeof same {
  const tasks = it.options.led().get(shard)
  const led = new LedShards(() => new Map(tasks ? [[shard, tasks]] : []))
  for (const [store, { heard, missing }] of it.renewals)
    for (const each of compare(led, store, heard, missing).corrections) correct(it, store, each)
  return matchSoon(it)
}

/** The node says all that it holds; what it should hold and does not is told again, or was lost. */
function renew(it: Exchange, renewal: OfType<ExchangeMessage, 'renew'>): typeof same {
  const { from, sequence } = renewal
  const last = it.renewals.get(from)
  if (last && !isNewer(renewal, last.heard)) return same // Late or doubled: what it says is known.
  const before = last?.missing ?? new Set()
  const { corrections, missing, keep } = compare(it.led, from, renewal, before)
  it.renewals.set(from, { atMs: it.context.clock.monotonicMs(), heard: renewal, missing })
  for (const each of corrections) correct(it, from, each)
  const { leashMs } = it.options.work
  it.options.send(from, { type: 'renewed', sequence, keep, leashMs })
  it.matching.unsay() // The node may have started anew: tell it again what waits.
  return matchSoon(it)
}

function correct(it: Exchange, store: StoreId, correction: Correction): typeof same {
  switch (correction.type) {
    case 'end':
      return end(it, store, correction)
    case 'started':
      return begun(it, correction.token)
    case 'lost':
      return giveUp(it, correction.token, correction.how, 'its node does not hold it')
    case 'repeat':
      return repeat(it, store, correction.task)
  }
}

/** An assignment that may not have arrived. Its credit is long gone; the node answers that it is lost. */
function repeat(it: Exchange, store: StoreId, task: Task): typeof same {
  const { spec } = task
  const boot = task.attempts.at(-1)?.boot ?? 0
  const { startToCloseMs } = spec.timeouts
  const { leashMs } = it.options.work
  const slot = { credit: NO_CREDIT, boot }
  const token = tokenOf(task)
  it.options.send(store, { type: 'assign', ...slot, token, spec, startToCloseMs, leashMs })
  return same
}

/** Attempts are lost whose store is no part of the cluster any more, or has been silent for too long. */
function sweep(it: Exchange): typeof same {
  const { work } = it.options
  const known = it.options.stores()
  const patienceMs = work.leashMs === 'unlimited' ? Infinity : work.requeueMs
  const oldestMs = it.context.clock.monotonicMs() - patienceMs
  for (const task of it.led.running()) {
    const store = storeOf(task)
    const heardMs = (store && it.renewals.get(store)?.atMs) ?? it.sinceMs
    if (!store || !known.has(store)) giveUp(it, tokenOf(task), 'died', 'its store is gone')
    else if (heardMs < oldestMs) giveUp(it, tokenOf(task), 'died', 'its node is silent')
  }
  return same
}

function giveUp(it: Exchange, token: Token, how: Loss, why: string): typeof same {
  return decide(it, { type: 'lose', ...token, how, why })
}

function end(it: Exchange, store: StoreId, { token, reason }: End): typeof same {
  it.options.send(store, { type: 'end', token, reason })
  return same
}

type OwnCommand = Extract<Command, { readonly type: 'assign' | 'start' | 'finish' | 'lose' }>

/** @param toMessage of the reply, or of none: the outcome is unknown, and somebody will ask again. */
function decide(
  { options, context }: Exchange,
  command: OwnCommand,
  toMessage?: (reply: Reply | undefined) => ExchangeMessage,
): typeof same {
  const shard = shardOfTask(command.task)
  if (shard === undefined) return same
  const answered = toMessage
    ? context.adapt((result: Answered | Error) => toMessage(replyIn(result)))
    : (): void => undefined
  options.shards.command(shard, command, context.clock.monotonicMs() + COMMAND_MS, answered)
  return same
}

function replyIn(result: Answered | Error): Reply | undefined {
  return result instanceof Error ? undefined : (result.reply as Reply)
}
