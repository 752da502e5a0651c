import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import type { StoreId } from '../../runtime/storage/store-id.ts'
import type { Outcome } from '../task/task.ts'
import type { AttemptKey, Exit, Held, Leash, Terminals } from '../terminals.ts'
import { keyOf } from './exchange.ts'
import type { Sort, ToExchange, ToSlots, Token } from './messages.ts'
import type { WorkOptions } from './options.ts'
import { lostBy, outcomeOf, refusalOf } from './outcome.ts'

export interface SlotsOptions {
  readonly clock: Clock
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

type Credit = { readonly number: number; readonly leader: StoreId; readonly timer: Timer }
/** An attempt that this node holds, until its end was answered. */
type Holding = {
  readonly token: Token
  readonly leader: StoreId
  leash: Leash
  /** What is said of its end, again and again until it is answered. */
  report?: ToExchange
}

/** Ended and answered attempts that are still remembered, so that a late assignment starts nothing. */
const DONE_MAX = 10_000
const DAY_MS = 86_400_000

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
  #ready = false
  #draining = false
  #repeatTimer: Timer | undefined

  constructor(options: SlotsOptions) {
    this.#options = options
    options.terminals.onExit((key, exit) => this.#exited(key, exit))
    options.terminals.onState((state) => (state === 'ready' ? this.#recover() : this.#lose()))
    this.#renewLater()
  }

  get busyCount(): number {
    return this.#holdings.size
  }

  /** No new work; what runs goes on. */
  drain(): void {
    this.#draining = true
    for (const { timer } of this.#credits.values()) timer.cancel()
    this.#credits.clear()
  }

  receive(from: StoreId, message: ToSlots): void {
    switch (message.type) {
      case 'wanted':
        return this.#want(from, message.sorts)
      case 'assign':
        return this.#assign(from, message)
      case 'renewed':
        return this.#renewed(message)
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
    if (!this.#ready || this.#draining) return
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
    const { boot, node, kinds, labels, work, clock } = this.#options
    const number = ++this.#creditNumber
    const timer = clock.after(work.creditMs, () => {
      this.#credits.delete(number)
      this.#offer()
    })
    this.#credits.set(number, { number, leader, timer })
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
  #assign(leader: StoreId, message: Extract<ToSlots, { type: 'assign' }>): void {
    const { token, boot } = message
    const key = keyOf(token)
    if (boot !== this.#options.boot || this.#holdings.has(key) || this.#done.has(key)) return
    const credit = this.#credits.get(message.credit)
    if (credit?.leader !== leader) return this.#giveBack(leader, token, 'its credit was over')
    credit.timer.cancel()
    this.#credits.delete(credit.number)
    const leash = this.#leash(message.leashMs)
    this.#holdings.set(key, { token, leader, leash })
    this.#start(message, leash)
  }

  #giveBack(leader: StoreId, token: Token, why: string): void {
    this.#options.send(leader, { type: 'lost', token, why })
  }

  #start(
    { token, spec, startToCloseMs }: Extract<ToSlots, { type: 'assign' }>,
    leash: Leash,
  ): void {
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
      this.#report(holding, refusalOf(token, result))
    })
  }

  #exited(key: AttemptKey, exit: Exit): void {
    const holding = this.#holdings.get(keyOf(key))
    if (holding) this.#close(holding, exit)
    else if (this.#ready) this.#adoptExit(key, exit)
  }

  #close(holding: Holding, exit: Exit): void {
    const { token } = holding
    const why = lostBy(exit)
    const outcome: Outcome = outcomeOf(exit)
    this.#report(
      holding,
      why === undefined ? { type: 'finished', token, outcome } : { type: 'lost', token, why },
    )
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
    this.#holdings.set(key, { token: tokenOf(held.key), leader: this.#leader(), leash: held.leash })
    this.#options.send(this.#leader(), {
      type: 'started',
      token: tokenOf(held.key),
      boot: this.#options.boot,
    })
  }

  #adoptExit(key: AttemptKey, exit: Exit): void {
    const known = this.#holdings.get(keyOf(key))
    const holding = known ?? {
      token: tokenOf(key),
      leader: this.#leader(),
      leash: 'unlimited' as const,
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
    for (const { timer } of this.#credits.values()) timer.cancel()
    this.#credits.clear()
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
    for (const leader of this.#options.leaders()) {
      this.#options.send(leader, { type: 'renew', sequence, boot: this.#options.boot, held })
    }
  }

  #renewed({ keep, leashMs }: Extract<ToSlots, { type: 'renewed' }>): void {
    const leash = this.#leash(leashMs)
    const renewals = keep.flatMap((token) => {
      const holding = this.#holdings.get(keyOf(token))
      if (!holding || (leash === 'unlimited' && holding.leash === 'unlimited')) return []
      holding.leash = leash
      return [{ key: token, leash }]
    })
    if (renewals.length > 0) this.#options.terminals.renew(renewals, () => undefined)
  }

  #leash(leashMs: number | 'unlimited'): Leash {
    if (leashMs === 'unlimited') return 'unlimited'
    return { untilMs: this.#options.terminals.nowMs() + Math.min(leashMs, DAY_MS) }
  }
}

function tokenOf({ task, attempt }: AttemptKey): Token {
  return { task, attempt }
}
