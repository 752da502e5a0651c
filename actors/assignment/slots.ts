import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import type { Space } from '../../runtime/storage/space/space.ts'
import type { StoreId } from '../../runtime/storage/store-id.ts'
import type { AttemptKey, Exit, Held, Leash, Terminals } from '../terminals.ts'
import { keyOf } from './exchange.ts'
import type { Sort, ToExchange, ToSlots, Token } from './messages.ts'
import type { WorkOptions } from './options.ts'
import { refusalOf, reportOf } from './outcome.ts'

export interface SlotsOptions {
  readonly clock: Clock
  readonly space: Space
  readonly terminals: Terminals
  readonly work: WorkOptions
  readonly boot: number
  readonly node: string
  /** How many tasks may run at once. */
  readonly slots: number
  readonly kinds: readonly string[]
  readonly labels: readonly string[]
  /** Added to every command's environment, below what the task says. */
  readonly env: Readonly<Record<string, string>>
  /** The stores that lead shards: they hear renewals. */
  leaders(): readonly StoreId[]
  send(to: StoreId, message: ToExchange): void
}

type Of<T extends ToSlots['type']> = Extract<ToSlots, { readonly type: T }>
type Credit = {
  readonly number: number
  readonly leader: StoreId
  /** On the terminals' clock: a first leash counts from here. */
  readonly sentMs: number
  readonly timer: Timer
}
/** An attempt that this node holds, until its end was answered. */
type Holding = {
  readonly token: Token
  readonly leader: StoreId
  leash: Leash
  /** Ends what outlives its deadline, as the holder does too. */
  readonly deadline: Timer | undefined
  /** What is said of its end, again and again until it is answered. */
  report?: ToExchange
}

/** Ended and answered attempts that are still remembered, so that a late assignment starts nothing. */
const DONE_MAX = 10_000
/** Renewals whose answers are still waited for: by then an older one's leash is over. */
const RENEWALS_MAX = 8
/** How long a node that could not start what it was given offers nothing. Unit: ms. */
const REST_MS = 5_000
const DAY_MS = 86_400_000
/** The longest that the clock takes. Unit: ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * The slots of one node: offers free ones to leaders that want them, runs what is assigned, and
 * says how it ended until somebody has written it down.
 *
 * Says nothing of attempts before the holder has told what it holds: after a restart of the node
 * program running attempts go on as they were.
 */
export class Slots {
  readonly #options: SlotsOptions
  readonly #wantedBy = new Map<StoreId, readonly Sort[]>()
  readonly #credits = new Map<number, Credit>()
  readonly #holdings = new Map<string, Holding>()
  readonly #done = new Set<string>()
  #creditNumber = 0
  #sequence = 0
  /** When each renewal was sent, on the terminals' clock: the leash counts from there. */
  readonly #sentMs = new Map<number, number>()
  /** The newest renewal that each leader has answered. */
  readonly #answeredBy = new Map<StoreId, number>()
  #ready = false
  #resting = false
  #draining = false
  #repeatTimer: Timer | undefined

  constructor(options: SlotsOptions) {
    this.#options = options
    options.terminals.onExit((key, exit) => this.#exited(key, exit))
    options.terminals.onState((state) => (state === 'ready' ? this.#recover() : this.#lose()))
    options.space.onChange(() => this.#offer())
    this.#renewLater()
  }

  get busyCount(): number {
    return this.#holdings.size
  }

  /** No new work; what runs goes on. */
  drain(): void {
    this.#draining = true
    this.#takeBack()
  }

  receive(from: StoreId, message: ToSlots): void {
    switch (message.type) {
      case 'wanted':
        return this.#want(from, message.sorts)
      case 'assign':
        return this.#assign(from, message)
      case 'renewed':
        return this.#renewed(from, message)
      case 'end':
        return this.#options.terminals.end(message.token, message.reason)
      case 'answered':
        return this.#answered(message.token)
    }
  }

  #want(leader: StoreId, sorts: readonly Sort[]): void {
    this.#wantedBy.set(
      leader,
      sorts.filter((sort) => this.#fits(sort)),
    )
    this.#offer()
  }

  #fits({ kind, requires }: Sort): boolean {
    const { kinds, labels } = this.#options
    return kinds.includes(kind) && requires.every((label) => labels.includes(label))
  }

  /** Each free slot goes to one leader at a time, in turn. */
  #offer(): void {
    if (!this.#ready || this.#draining || this.#resting || this.#options.space.scarce) return
    const leaders = [...this.#wantedBy]
      .filter(([, sorts]) => sorts.length > 0)
      .map(([leader]) => leader)
    if (leaders.length === 0) return
    let free = this.#options.slots - this.#holdings.size - this.#credits.size
    for (; free > 0; free--) {
      const leader = leaders[this.#creditNumber % leaders.length]
      if (leader) this.#give(leader)
    }
  }

  #give(leader: StoreId): void {
    const { boot, node, kinds, labels, work, clock, terminals } = this.#options
    const number = ++this.#creditNumber
    const timer = clock.after(work.creditMs, () => {
      this.#credits.delete(number)
      this.#offer()
    })
    this.#credits.set(number, { number, leader, sentMs: terminals.nowMs(), timer })
    const sentMs = clock.monotonicMs()
    this.#options.send(leader, {
      type: 'credit',
      credit: number,
      boot,
      node,
      kinds,
      labels,
      sentMs,
    })
  }

  /** Started only while its credit holds the slot; known ones are left alone, whatever they come with. */
  #assign(leader: StoreId, message: Of<'assign'>): void {
    const { token, boot } = message
    const key = keyOf(token)
    if (boot !== this.#options.boot || this.#holdings.has(key) || this.#done.has(key)) return
    const credit = this.#credits.get(message.credit)
    if (credit?.leader !== leader) return this.#giveBack(leader, token, 'its credit was over')
    credit.timer.cancel()
    this.#credits.delete(credit.number)
    const leash = leashOf(message.leashMs, credit.sentMs)
    const deadline = this.#endLater(token, message.startToCloseMs)
    this.#holdings.set(key, { token, leader, leash, deadline })
    this.#start(message, leash)
  }

  #giveBack(leader: StoreId, token: Token, why: string): void {
    this.#options.send(leader, { type: 'lost', token, how: 'unstarted', why })
  }

  #endLater(token: Token, delayMs: number): Timer | undefined {
    const { clock, terminals } = this.#options
    if (delayMs > LONGEST_TIMER_MS) return undefined // The holder's alone to end.
    return clock.after(Math.max(0, delayMs), () => terminals.end(token, 'timed-out'))
  }

  #start({ token, spec, startToCloseMs }: Of<'assign'>, leash: Leash): void {
    const { terminals } = this.#options
    const { argv, workdir, terminal, outputBytesMax } = spec
    const cwd = workdir === undefined ? {} : { cwd: workdir }
    const env = {
      ...this.#options.env,
      ...spec.env,
      ARCHITECT_TASK: token.task,
      ARCHITECT_ATTEMPT_NUMBER: String(token.attempt),
    }
    const deadlineMs = terminals.nowMs() + startToCloseMs
    const wanted = { key: token, argv, ...cwd, env, ...terminal, deadlineMs, leash, outputBytesMax }
    terminals.start(wanted, (result) => {
      const holding = this.#holdings.get(keyOf(token))
      if (!holding) return
      if (result.type === 'started') {
        this.#options.send(holding.leader, { type: 'started', token, boot: this.#options.boot })
        return
      }
      if (result.reason === 'full') this.#rest()
      this.#report(holding, refusalOf(token, result))
    })
  }

  /** What could not start here goes back to the line: for a while others may have it. */
  #rest(): void {
    if (this.#resting) return
    this.#resting = true
    this.#takeBack()
    this.#options.clock.after(REST_MS, () => {
      this.#resting = false
      this.#offer()
    })
  }

  #takeBack(): void {
    for (const { timer } of this.#credits.values()) timer.cancel()
    this.#credits.clear()
  }

  #exited(key: AttemptKey, exit: Exit): void {
    const holding = this.#holdings.get(keyOf(key))
    if (holding) this.#close(holding, exit)
    else if (this.#done.has(keyOf(key))) this.#options.terminals.forget(key)
    else if (this.#ready) this.#adoptExit(key, exit)
  }

  #close(holding: Holding, exit: Exit): void {
    holding.deadline?.cancel()
    this.#report(holding, reportOf(holding.token, exit))
  }

  #report(holding: Holding, report: ToExchange): void {
    if (holding.report) return
    holding.report = report
    this.#options.send(holding.leader, report)
    this.#repeatLater()
  }

  /** Reports that were not answered are made again. */
  #repeatLater(): void {
    this.#repeatTimer ??= this.#options.clock.after(this.#options.work.repeatMs, () => {
      this.#repeatTimer = undefined
      const open = [...this.#holdings.values()].filter(({ report }) => report)
      for (const { leader, report } of open) if (report) this.#options.send(leader, report)
      if (open.length > 0) this.#repeatLater()
    })
  }

  #answered(token: Token): void {
    const key = keyOf(token)
    if (!this.#holdings.get(key)?.report) return
    this.#options.terminals.forget(token)
    this.#holdings.delete(key)
    this.#done.add(key)
    const [oldest] = this.#done.size > DONE_MAX ? this.#done : []
    if (oldest !== undefined) this.#done.delete(oldest)
    this.#offer()
  }

  /** The holder answers: its attempts are this node's, whoever started them. */
  #recover(): void {
    this.#options.terminals.list((held) => {
      if (!held) return // Lost again: `ready` comes once more.
      for (const each of held) this.#adopt(each)
      this.#ready = true
      this.#renew()
      this.#offer()
    })
  }

  #adopt(held: Held): void {
    if (held.type === 'exited') return this.#adoptExit(held.key, held.exit)
    const key = keyOf(held.key)
    if (this.#holdings.has(key) || this.#done.has(key)) return
    const { terminals, boot } = this.#options
    const { leash, deadlineMs } = held
    const token = tokenOf(held.key)
    const leader = this.#leader()
    const deadline =
      deadlineMs === null ? undefined : this.#endLater(token, deadlineMs - terminals.nowMs())
    this.#holdings.set(key, { token, leader, leash, deadline })
    this.#options.send(leader, { type: 'started', token, boot })
  }

  #adoptExit(key: AttemptKey, exit: Exit): void {
    const known = this.#holdings.get(keyOf(key))
    const holding = known ?? {
      token: tokenOf(key),
      leader: this.#leader(),
      leash: 'unlimited' as const,
      deadline: undefined,
    }
    this.#holdings.set(keyOf(key), holding)
    this.#close(holding, exit)
  }

  #leader(): StoreId {
    const [leader] = this.#options.leaders()
    return leader ?? ('' as StoreId)
  }

  /** The holder is gone: nothing new until another answers. What it held is reported by then. */
  #lose(): void {
    this.#ready = false
    this.#takeBack()
  }

  #renewLater(): void {
    this.#options.clock.after(this.#options.work.renewMs, () => {
      if (this.#ready) this.#renew()
      this.#renewLater()
    })
  }

  /** One message for all attempts. What is over and not answered is held too. */
  #renew(): void {
    const held = [...this.#holdings.values()].map(({ token }) => token)
    const sequence = ++this.#sequence
    this.#sentMs.set(sequence, this.#options.terminals.nowMs())
    this.#sentMs.delete(sequence - RENEWALS_MAX)
    for (const leader of this.#options.leaders()) {
      this.#options.send(leader, { type: 'renew', sequence, boot: this.#options.boot, held })
    }
  }

  /** Counted from when the renewal was sent, however long its answer took; a late one undoes nothing. */
  #renewed(from: StoreId, { sequence, keep, leashMs }: Of<'renewed'>): void {
    const sentMs = this.#sentMs.get(sequence)
    if (sentMs === undefined || sequence < (this.#answeredBy.get(from) ?? 0)) return
    this.#answeredBy.set(from, sequence)
    const leash = leashOf(leashMs, sentMs)
    const renewals = keep.flatMap((token) => {
      const holding = this.#holdings.get(keyOf(token))
      if (!holding || (leash === 'unlimited' && holding.leash === 'unlimited')) return []
      holding.leash = leash
      return [{ key: token, leash }]
    })
    if (renewals.length > 0) this.#options.terminals.renew(renewals, () => undefined)
  }
}

function leashOf(leashMs: number | 'unlimited', fromMs: number): Leash {
  if (leashMs === 'unlimited') return 'unlimited'
  return { untilMs: fromMs + Math.min(leashMs, DAY_MS) }
}

function tokenOf({ task, attempt }: AttemptKey): Token {
  return { task, attempt }
}
