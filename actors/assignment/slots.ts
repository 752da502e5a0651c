import type { ActorId, ActorRef } from '../../runtime/actor/actor-ref.ts'
import {
  type Behavior,
  type OfType,
  same,
  stash,
  terminated,
} from '../../runtime/actor/behavior.ts'
import type { ChildSpec } from '../../runtime/actor/child-spec.ts'
import type { Context } from '../../runtime/actor/context.ts'
import { assert } from '../../runtime/errors.ts'
import type { Space } from '../../runtime/storage/space/space.ts'
import type { StoreId } from '../../runtime/storage/store-id.ts'
import type { AttemptKey, Exit, Held, Leash } from '../terminals.ts'
import { type Heard, keyOf, type Sort, type ToSlots, type Token } from './messages.ts'
import { Offers } from './offers.ts'
import { type Attempt, type WorkerMessage, type WorkerOptions, workerSpec } from './worker.ts'

export interface SlotsOptions extends WorkerOptions {
  readonly space: Space
  readonly node: string
  /** How many tasks may run at once. */
  readonly slots: number
  readonly kinds: readonly string[]
  readonly labels: readonly string[]
  /** The stores that lead shards: they hear renewals. */
  leaders(): readonly StoreId[]
  /** No new work is wanted; what runs goes on. */
  draining(): boolean
  /** Told of how many slots are taken, whenever that changes. */
  busy(count: number): void
}

export type SlotsMessage =
  | Heard<ToSlots>
  /** Offers are taken back. */
  | { readonly type: 'drain' }
  /** The disk has more room than before, or less. */
  | { readonly type: 'spaceChanged' }
  /** Private: from the terminals, and from our own timers. */
  | { readonly type: 'holder'; readonly state: 'ready' | 'lost' }
  | { readonly type: 'listed'; readonly held: readonly Held[] | undefined }
  | { readonly type: 'exited'; readonly key: AttemptKey; readonly exit: Exit }
  | { readonly type: 'full' | 'rested' | 'offersOver' | 'renewNow' }

/** Numbers of this boot, whatever lives its slots have: an answer to an older one is known as such. */
type Numbers = { credit: number; renewal: number }

/** An attempt that this node holds, until its end was answered. */
type Holding = {
  readonly token: Token
  readonly worker: ActorRef<WorkerMessage>
  leash: Leash
}

/** Attempts that were given back, or ended and were answered, are remembered so that a late assignment starts nothing. */
const DONE_MAX = 10_000
/** Renewals whose answers are still waited for: by then an older one's leash is over. */
const RENEWALS_MAX = 8
/** How long a node that could not start what it was given offers nothing. Unit: ms. */
const REST_MS = 5_000
const DAY_MS = 86_400_000
/** As many as one turn of the transport delivers. What is refused is as if it were lost on the way. */
const MESSAGES_MAX = 4_096

/**
 * The slots of one node: offers free ones to leaders that want them, and has a worker for each that
 * is taken.
 *
 * Says nothing of attempts before the holder has told what it holds: after a restart of the node
 * program, or a failure here, running attempts go on as they were.
 */
export function slotsSpec(options: SlotsOptions): ChildSpec<SlotsMessage> {
  const numbers = { credit: 0, renewal: 0 }
  return {
    name: 'slots',
    restart: 'permanent',
    mailbox: { messagesMax: MESSAGES_MAX },
    start: (context) => slots(options, context, numbers),
  }
}

type Slots = {
  readonly options: SlotsOptions
  readonly context: Context<SlotsMessage>
  readonly numbers: Numbers
  readonly wantedBy: Map<StoreId, readonly Sort[]>
  readonly offers: Offers
  readonly holdings: Map<string, Holding>
  readonly tokens: Map<ActorId, Token>
  readonly done: Set<string>
  /** Given back: if they come again, late or doubled, they are given back again and never started. */
  readonly declined: Set<string>
  /** When each renewal was sent, on the terminals' clock: the leash counts from there. */
  readonly sentMs: Map<number, number>
  /** The newest renewal that each leader has answered. */
  readonly answeredBy: Map<StoreId, number>
  /** There is a holder, and it has said what it holds. */
  ready: boolean
  resting: boolean
}

function slots(
  options: SlotsOptions,
  context: Context<SlotsMessage>,
  numbers: Numbers,
): Behavior<SlotsMessage> {
  const it: Slots = {
    ...{ options, context, numbers, offers: new Offers(), ready: false, resting: false },
    ...{ wantedBy: new Map(), holdings: new Map(), tokens: new Map() },
    ...{ done: new Set(), declined: new Set() },
    ...{ sentMs: new Map(), answeredBy: new Map() },
  }
  options.busy(0)
  listen(it)
  const serving: Behavior<SlotsMessage> = {
    wanted: (message) => want(it, message),
    assign: (message) => assign(it, message),
    renewed: (message) => renewed(it, message),
    end: ({ token, reason }) => {
      options.terminals.end(token, reason)
      return same
    },
    answered: ({ token }) => {
      it.holdings.get(keyOf(token))?.worker.tell({ type: 'answered' })
      return same
    },
    [terminated]: (worker) => freed(it, worker),
    exited: ({ key, exit }) => exited(it, key, exit),
    holder: ({ state }) => {
      return state === 'ready' ? list(it) : lose(it)
    },
    listed: ({ held }) => {
      if (!held) return same // Lost again: `ready` comes once more.
      recover(it, held)
      return serving
    },
    drain: () => takeBack(it),
    spaceChanged: () => offer(it),
    full: () => rest(it),
    rested: () => rested(it),
    offersOver: () => offer(it),
    renewNow: () => (it.ready ? renew(it) : same),
  }
  // Until the holder has told what it holds, nobody knows what an assignment would double.
  return { ...serving, assign: ({ boot }) => (boot === options.boot ? stash : same) }
}

function listen({ options, context }: Slots): void {
  const { terminals, work } = options
  const exits = context.adapt(([key, exit]: readonly [AttemptKey, Exit]) => ({
    type: 'exited',
    key,
    exit,
  }))
  const states = context.adapt((state: 'ready' | 'lost') => ({ type: 'holder', state }))
  const listening = [terminals.onExit((key, exit) => exits([key, exit])), terminals.onState(states)]
  context.onEnd(() => listening.forEach((each) => each.cancel()))
  context.timers.every('renew', work.renewMs, { type: 'renewNow' })
}

function want(it: Slots, { from, sorts }: OfType<SlotsMessage, 'wanted'>): typeof same {
  const { kinds, labels } = it.options
  const fits = ({ kind, requires }: Sort): boolean =>
    kinds.includes(kind) && requires.every((label) => labels.includes(label))
  it.wantedBy.set(from, sorts.filter(fits))
  return offer(it)
}

/** Each free slot goes to one leader at a time, in turn. */
function offer(it: Slots): typeof same {
  const { options, offers } = it
  offers.expire(it.context.clock.monotonicMs())
  if (it.ready && !it.resting && !options.draining() && !options.space.scarce) {
    const leaders = [...it.wantedBy].filter(([, sorts]) => sorts.length > 0).map(([id]) => id)
    const free = leaders.length > 0 ? options.slots - it.holdings.size - offers.count : 0
    for (let left = free; left > 0; left--) {
      const leader = leaders[it.numbers.credit % leaders.length]
      if (leader) give(it, leader)
    }
  }
  return wakeForOffers(it)
}

function give({ options, context, numbers, offers }: Slots, leader: StoreId): void {
  const { boot, node, kinds, labels, work, terminals } = options
  const credit = ++numbers.credit
  const sentMs = context.clock.monotonicMs()
  const untilMs = sentMs + work.creditMs
  offers.add({ credit, leader, sentMs: terminals.nowMs(), untilMs })
  options.send(leader, { type: 'credit', credit, boot, node, kinds, labels, sentMs })
}

function wakeForOffers({ context, offers }: Slots): typeof same {
  const { nextMs } = offers
  const delayMs = Math.max(0, (nextMs ?? 0) - context.clock.monotonicMs())
  if (nextMs === undefined) context.timers.cancel('offers')
  else context.timers.once('offers', delayMs, { type: 'offersOver' })
  return same
}

function takeBack(it: Slots): typeof same {
  it.offers.clear()
  return wakeForOffers(it)
}

/** Started only while its credit holds the slot; known ones are left alone, whatever they come with. */
function assign(it: Slots, message: OfType<SlotsMessage, 'assign'>): typeof same {
  const { token, boot, from: leader, credit } = message
  const key = keyOf(token)
  if (boot !== it.options.boot || it.holdings.has(key) || it.done.has(key)) return same
  const offer = it.declined.has(key) ? undefined : it.offers.take(credit, leader)
  if (!offer) {
    remember(it.declined, key)
    const why = 'its credit was over'
    it.options.send(leader, { type: 'lost', token, how: 'unstarted', why })
    return same
  }
  const leash = leashOf(message.leashMs, offer.sentMs)
  return hold(it, token, leash, {
    leader,
    origin: { type: 'assigned', assignment: message, leash },
  })
}

type Taken = Pick<Attempt, 'leader' | 'origin'>

/** From now on a worker of its own looks after it. */
function hold(it: Slots, token: Token, leash: Leash, taken: Taken): typeof same {
  const full = it.context.adapt<void>(() => ({ type: 'full' }))
  const worker = it.context.spawn(workerSpec(it.options, { token, full, ...taken }))
  it.context.watch(worker)
  it.holdings.set(keyOf(token), { token, worker, leash })
  it.tokens.set(worker.id, token)
  it.options.busy(it.holdings.size)
  return same
}

/** Its worker has stopped: what it said of its end was answered. */
function freed(it: Slots, worker: ActorRef<never>): typeof same {
  const token = it.tokens.get(worker.id)
  assert(token, 'a worker has an attempt')
  const key = keyOf(token)
  it.tokens.delete(worker.id)
  it.holdings.delete(key)
  it.options.busy(it.holdings.size)
  remember(it.done, key)
  return offer(it)
}

function remember(keys: Set<string>, key: string): void {
  keys.add(key)
  const [oldest] = keys.size > DONE_MAX ? keys : []
  if (oldest !== undefined) keys.delete(oldest)
}

/** What could not start here goes back to the line: for a while others may have it. */
function rest(it: Slots): typeof same {
  if (it.resting) return same
  it.resting = true
  it.context.timers.once('rest', REST_MS, { type: 'rested' })
  return takeBack(it)
}

function rested(it: Slots): typeof same {
  it.resting = false
  return offer(it)
}

function exited(it: Slots, key: AttemptKey, exit: Exit): typeof same {
  const holding = it.holdings.get(keyOf(key))
  if (holding) holding.worker.tell({ type: 'exited', exit })
  else if (it.done.has(keyOf(key))) it.options.terminals.forget(key)
  else if (it.ready) adopt(it, { type: 'exited', key, exit })
  return same
}

/** The holder answers: its attempts are this node's, whoever started them. */
function list({ options, context }: Slots): typeof same {
  options.terminals.list(context.adapt((held) => ({ type: 'listed', held })))
  return same
}

function recover(it: Slots, held: readonly Held[]): void {
  for (const each of held) adopt(it, each)
  it.ready = true
  it.context.unstash()
  renew(it)
  offer(it)
}

function adopt(it: Slots, held: Held): void {
  const { task, attempt } = held.key
  const token = { task, attempt }
  if (it.holdings.has(keyOf(token)) || it.done.has(keyOf(token))) return
  const leash = held.type === 'running' ? held.leash : 'unlimited'
  const [leader = '' as StoreId] = it.options.leaders()
  hold(it, token, leash, { leader, origin: { type: 'held', held } })
}

/** The holder is gone: nothing new until another answers. What it held is reported by then. */
function lose(it: Slots): typeof same {
  it.ready = false
  return takeBack(it)
}

/** One message for all attempts. What is over and not answered is held too. */
function renew({ options, numbers, holdings, sentMs }: Slots): typeof same {
  const held = [...holdings.values()].map(({ token }) => token)
  const sequence = ++numbers.renewal
  sentMs.set(sequence, options.terminals.nowMs())
  sentMs.delete(sequence - RENEWALS_MAX)
  for (const leader of options.leaders())
    options.send(leader, { type: 'renew', sequence, boot: options.boot, held })
  return same
}

/** Counted from when the renewal was sent, however long its answer took; a late one undoes nothing. */
function renewed(it: Slots, message: OfType<SlotsMessage, 'renewed'>): typeof same {
  const { from, sequence, keep, leashMs } = message
  const sentMs = it.sentMs.get(sequence)
  if (sentMs === undefined || sequence < (it.answeredBy.get(from) ?? 0)) return same
  it.answeredBy.set(from, sequence)
  const leash = leashOf(leashMs, sentMs)
  const renewals = keep.flatMap((token) => {
    const holding = it.holdings.get(keyOf(token))
    if (!holding || (leash === 'unlimited' && holding.leash === 'unlimited')) return []
    holding.leash = leash
    return [{ key: token, leash }]
  })
  if (renewals.length > 0) it.options.terminals.renew(renewals, () => undefined)
  return same
}

function leashOf(leashMs: number | 'unlimited', fromMs: number): Leash {
  if (leashMs === 'unlimited') return 'unlimited'
  return { untilMs: fromMs + Math.min(leashMs, DAY_MS) }
}
