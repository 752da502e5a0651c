import { assert } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import type { Shards } from '../../runtime/shard/machine.ts'
import type { StoreId } from '../../runtime/storage/store-id.ts'
import { goesFirst, type Candidate } from '../queue/queue.ts'
import type { Command, Reply } from '../task/command.ts'
import { runs } from '../task/fold.ts'
import type { LedTasks } from '../tasks-machine/led-tasks.ts'
import { shardOfTask } from '../task/task-id.ts'
import type { Loss, Task } from '../task/task.ts'
import type { ToExchange, ToSlots, Token } from './messages.ts'
import { marginHolds, type WorkOptions } from './options.ts'

/** How long a command of the exchange may take; its node repeats what is not answered. Unit: ms. */
const COMMAND_MS = 5_000
/** A credit is used only so long before its node takes it back. Unit: ms. */
const CREDIT_MARGIN_MS = 100
/** Of an assignment that is told again: whatever slot it had is gone. */
const NO_CREDIT = 0
/** Projects whose turns are remembered; one served before so many others has waited long enough. */
const TURNS_MAX = 10_000

export interface ExchangeOptions {
  readonly clock: Clock
  readonly shards: Shards<Command>
  readonly work: WorkOptions
  /** The stores whose nodes may be asked for slots. */
  nodes(): readonly StoreId[]
  send(to: StoreId, message: ToSlots): void
}

type Credit = {
  readonly store: StoreId
  readonly untilMs: number
  readonly message: Extract<ToExchange, { type: 'credit' }>
}
type From<T extends ToExchange['type']> = Extract<ToExchange, { readonly type: T }>
/** What a store said last of what it holds. */
type Renewal = { readonly atMs: number; readonly missing: ReadonlySet<string> }

/**
 * Gives the tasks of the shards that this node leads to nodes with free slots: says what is wanted,
 * takes credits, commits each assignment before its node hears of it. On edges only; nothing polls.
 */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #led = new Map<number, LedTasks>()
  readonly #credits = new Map<string, Credit>()
  readonly #renewals = new Map<StoreId, Renewal>()
  /** When each project was last served: projects of equal priority take turns. */
  readonly #turns = new Map<string, number>()
  #turn = 0
  #wanted = ''
  #matching = false

  constructor(options: ExchangeOptions) {
    assert(marginHolds(options.work), 'an attempt is over before the next may start')
    this.#options = options
  }

  led(tasks: LedTasks): void {
    this.#led.set(tasks.shard, tasks)
    this.#matchSoon()
  }

  left(shard: number): void {
    this.#led.delete(shard)
  }

  /** A committed change. */
  changed(before: Task | undefined, after: Task | undefined): void {
    const waits = before?.state === 'available' || after?.state === 'available'
    if (waits || (before && runs(before))) this.#matchSoon()
    if (after?.cancelling && !before?.cancelling) this.#end(after, 'cancelled')
  }

  /** A project was paused or resumed. */
  reordered(): void {
    this.#matchSoon()
  }

  /** An attempt has run for as long as it may. Its node knows that too, unless it was asleep. */
  overran(task: Task): void {
    this.#end(task, 'timed-out')
  }

  receive(from: StoreId, message: ToExchange): void {
    switch (message.type) {
      case 'credit':
        return this.#credit(from, message)
      case 'started':
        return this.#started(message.token)
      case 'finished':
        return this.#finished(from, message)
      case 'lost':
        return this.#lost(from, message)
      case 'renew':
        return this.#renew(from, message)
    }
  }

  #credit(store: StoreId, message: From<'credit'>): void {
    const untilMs =
      this.#options.clock.monotonicMs() + this.#options.work.creditMs - CREDIT_MARGIN_MS
    this.#credits.set(`${store} ${message.credit}`, { store, untilMs, message })
    this.#matchSoon()
  }

  /** Once for all that happens in one turn. */
  #matchSoon(): void {
    if (this.#matching) return
    this.#matching = true
    this.#options.clock.defer(() => {
      this.#matching = false
      this.#match()
    })
  }

  #match(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const [key, credit] of this.#credits) {
      const candidate = credit.untilMs > nowMs ? this.#best(credit) : undefined
      if (candidate || credit.untilMs <= nowMs) this.#credits.delete(key)
      if (candidate) this.#assign(credit, candidate)
    }
    this.#tell()
  }

  #best({ message }: Credit): Candidate | undefined {
    const turnOf = (project: string): number => this.#turns.get(project) ?? 0
    let best: Candidate | undefined
    for (const tasks of this.#led.values()) {
      const candidate = tasks.best(message, turnOf)
      if (candidate && (!best || goesFirst(candidate, best, turnOf))) best = candidate
    }
    return best
  }

  #assign(credit: Credit, { id, project }: Candidate): void {
    const task = this.#task(id)
    if (!task) return
    this.#served(project)
    const { boot, node } = credit.message
    const { store } = credit
    const command = { type: 'assign', task: id, version: task.version, store, boot, node } as const
    this.#command(command, (reply) => {
      if (reply.type !== 'attempt') return this.#matchSoon()
      const { attempt, startToCloseMs } = reply
      // Cancelled before it was told of: nobody needs to start it, and nobody would end it.
      if (this.#task(id)?.cancelling)
        return this.#giveUp({ task: id, attempt }, 'unstarted', 'it was cancelled before it ran')
      this.#send(store, {
        type: 'assign',
        credit: credit.message.credit,
        boot,
        token: { task: id, attempt },
        spec: reply.spec,
        startToCloseMs,
        leashMs: this.#options.work.leashMs,
      })
    })
  }

  #served(project: string): void {
    this.#turns.delete(project)
    this.#turns.set(project, ++this.#turn)
    const [oldest] = this.#turns.size > TURNS_MAX ? this.#turns.keys() : []
    if (oldest !== undefined) this.#turns.delete(oldest)
  }

  /** Says what waits, when it is not what was said last. */
  #tell(): void {
    const sorts = [...this.#led.values()].flatMap((tasks) => tasks.wanted())
    const wanted = JSON.stringify(sorts.map(({ kind, requires }) => [kind, requires]))
    if (wanted === this.#wanted) return
    this.#wanted = wanted
    for (const store of this.#options.nodes()) this.#send(store, { type: 'wanted', sorts })
  }

  #started(token: Token): void {
    this.#command({ type: 'start', ...token }, () => undefined)
  }

  #finished(from: StoreId, { token, outcome }: From<'finished'>): void {
    this.#command({ type: 'finish', ...token, outcome }, (reply) =>
      this.#answer(from, token, reply),
    )
  }

  #lost(from: StoreId, { token, how, why }: From<'lost'>): void {
    this.#command({ type: 'lose', ...token, how, why }, (reply) => this.#answer(from, token, reply))
  }

  #answer(to: StoreId, token: Token, reply: Reply): void {
    if (reply.type !== 'accepted' && reply.type !== 'stale') return
    this.#send(to, { type: 'answered', token, verdict: reply.type })
  }

  /** The node says all that it holds; what it should hold and does not is told again, or was lost. */
  #renew(from: StoreId, message: From<'renew'>): void {
    const held = new Set(message.held.map(keyOf))
    const before = this.#renewals.get(from)
    const missing = new Set<string>()
    for (const task of this.#runningAt(from)) {
      const token = tokenOf(task)
      const key = keyOf(token)
      if (held.has(key)) {
        if (task.cancelling) this.#end(task, 'cancelled')
        else if (this.#ledOf(task.id)?.overran(task)) this.overran(task)
        if (task.state === 'assigned') this.#started(token) // The word of its start was lost.
      } else if (this.#isLost(task, message.boot, before?.missing.has(key) === true)) {
        const how = task.state === 'assigned' ? 'unstarted' : 'died'
        this.#giveUp(token, how, 'its node does not hold it')
      } else {
        missing.add(key)
        this.#repeat(from, task)
      }
    }
    this.#renewals.set(from, { atMs: this.#options.clock.monotonicMs(), missing })
    const keep = message.held.filter((token) => this.#isCurrent(token))
    for (const token of message.held)
      if (this.#isStale(token)) this.#send(from, { type: 'end', token, reason: 'stale' })
    this.#send(from, {
      type: 'renewed',
      sequence: message.sequence,
      keep,
      leashMs: this.#options.work.leashMs,
    })
    this.#wanted = '' // The node may have started anew: tell it again what waits.
    this.#matchSoon()
  }

  /** Of an older start of its node; or started, and not held twice in a row. */
  #isLost(task: Task, boot: number, missingBefore: boolean): boolean {
    const attempt = task.attempts.at(-1)
    if (attempt && attempt.boot < boot) return true
    return missingBefore && task.state === 'executing'
  }

  /** An assignment that may not have arrived. Its credit is long gone; the node answers that it is lost. */
  #repeat(to: StoreId, task: Task): void {
    const attempt = task.attempts.at(-1)
    if (task.state !== 'assigned' || !attempt) return
    this.#send(to, {
      type: 'assign',
      credit: NO_CREDIT,
      boot: attempt.boot,
      token: tokenOf(task),
      spec: task.spec,
      startToCloseMs: task.spec.timeouts.startToCloseMs,
      leashMs: this.#options.work.leashMs,
    })
  }

  /** Attempts of stores that have been silent for too long are lost. To be called each second. */
  sweep(activeSinceMs: number): void {
    const { work, clock } = this.#options
    if (work.leashMs === 'unlimited') return
    const oldestMs = clock.monotonicMs() - work.requeueMs
    for (const tasks of this.#led.values()) {
      for (const task of tasks.running()) {
        const store = task.attempts.at(-1)?.store as StoreId
        const heardMs = Math.max(activeSinceMs, this.#renewals.get(store)?.atMs ?? 0)
        if (heardMs < oldestMs) this.#giveUp(tokenOf(task), 'died', 'its node is silent')
      }
    }
  }

  /** Attempts of stores that are not part of the cluster any more. */
  abandon(known: ReadonlySet<string>): void {
    for (const tasks of this.#led.values()) {
      for (const task of tasks.running()) {
        const store = task.attempts.at(-1)?.store ?? ''
        if (!known.has(store)) this.#giveUp(tokenOf(task), 'died', 'its store is gone')
      }
    }
  }

  #giveUp(token: Token, how: Loss, why: string): void {
    this.#command({ type: 'lose', ...token, how, why }, () => undefined)
  }

  #end(task: Task, reason: 'cancelled' | 'timed-out'): void {
    const attempt = task.attempts.at(-1)
    if (!attempt || !runs(task)) return
    this.#send(attempt.store as StoreId, {
      type: 'end',
      token: tokenOf(task),
      reason,
    })
  }

  #runningAt(store: StoreId): Task[] {
    return [...this.#led.values()].flatMap((tasks) =>
      [...tasks.running()].filter((task) => task.attempts.at(-1)?.store === store),
    )
  }

  #isCurrent({ task: id, attempt }: Token): boolean {
    const task = this.#task(id)
    return task !== undefined && task.attempt === attempt && runs(task)
  }

  /** Only what this node leads can be called stale: of the rest it knows nothing. */
  #isStale(token: Token): boolean {
    return this.#led.has(shardOfTask(token.task) ?? -1) && !this.#isCurrent(token)
  }

  #task(id: string): Task | undefined {
    return this.#ledOf(id)?.task(id)
  }

  #ledOf(id: string): LedTasks | undefined {
    return this.#led.get(shardOfTask(id) ?? -1)
  }

  #command(
    command: Extract<Command, { readonly task: string }>,
    done: (reply: Reply) => void,
  ): void {
    const shard = shardOfTask(command.task)
    if (shard === undefined) return
    const deadlineMs = this.#options.clock.monotonicMs() + COMMAND_MS
    this.#options.shards.command(shard, command, deadlineMs, (result) => {
      if (!(result instanceof Error)) done(result.reply as Reply)
    })
  }

  #send(to: StoreId, message: ToSlots): void {
    this.#options.send(to, message)
  }
}

function tokenOf({ id, attempt }: Task): Token {
  return { task: id, attempt }
}

export function keyOf({ task, attempt }: Token): string {
  return `${task}/${attempt}`
}
