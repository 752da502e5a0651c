import { RuntimeError } from '../errors.ts'
import type { Clock } from '../scheduling/clock.ts'
import { hex } from '../hex.ts'
import type { Chain, Entry } from './entry.ts'
import { encodeEvents } from './formats.ts'
import type { Answer, Change, Event, Leading, Machine, Receipt, Shard } from './machine.ts'
import type { Rows } from './rows.ts'

/** Bounds of what is decided and not yet committed in one shard (decisions, item 12). */
export const TAIL_ENTRIES_MAX = 4_096
export const TAIL_BYTES_MAX = 16 * 1024 * 1024
/** Commands that wait for an answer, reads too: a disk that hangs must not fill the memory. */
export const WAITING_MAX = 16_384
/** Appends on their way at once: one being fsynced, one being gathered. */
const APPENDS_MAX = 2
/** How often unanswered commands are looked at for their deadlines. Unit: ms. */
const DEADLINE_SWEEP_MS = 100

export interface LedgerOptions<Command> {
  readonly shard: number
  readonly epoch: number
  readonly rows: Rows
  readonly machine: Machine<Command>
  readonly clock: Clock
  readonly chain: Chain
  /** Where the log ends when the leadership becomes active. */
  readonly end: End
  /** The wall clock, while it is believed. */
  wallMs(): number | undefined
  append(entries: readonly Entry[]): void
  /** Asks for a confirmation round; `confirmed` follows. */
  confirm(): void
  /** A fold refused its own leader's event: the shard must stop. */
  broken(error: unknown): void
}

/** A place in the log and the chain hash there. */
type End = { readonly index: number; readonly hash: Uint8Array }
type Waiting = {
  readonly at: End
  readonly deadlineMs: number
  readonly answer: Answer
  readonly reply: unknown
  answered: boolean
}
type Decided = { readonly entry: Entry; readonly changes: readonly Change[] }

/**
 * The leader's desk: decides commands against the rows, one after the other, gathers what was
 * decided into appends, and lets answers go once they are true.
 *
 * Nothing leaves before the log position that it was decided at is committed: not a refusal, not a
 * read. What appended nothing waits for the tail, or, with an empty tail, for a quorum that still
 * knows this epoch.
 */
export class Ledger<Command> implements Shard<Command> {
  readonly shard: number
  readonly epoch: number
  readonly #options: LedgerOptions<Command>
  readonly #leading: Leading<Command>
  /** Decided, in log order, and not yet committed. */
  readonly #tail: Decided[] = []
  #tailBytes = 0
  /** How many of `#tail` were handed to `append`. */
  #sentCount = 0
  /** Last index of each append under way. */
  readonly #appends: number[] = []
  #gathering = false
  /** In order of index. */
  #waiting: Waiting[] = []
  #unconfirmed: Waiting[] = []
  #confirming: Waiting[] = []
  #end: End
  #committed: End
  #sweeping = false
  #ended = false

  constructor(options: LedgerOptions<Command>) {
    this.#options = options
    this.shard = options.shard
    this.epoch = options.epoch
    this.#end = options.end
    this.#committed = options.end
    this.#leading = options.machine.lead(this)
  }

  row(kind: string, id: string): unknown {
    return this.#options.rows.row(kind, id)
  }

  loaded(kind: string, id: string): unknown {
    return this.#options.rows.loaded(kind, id)
  }

  rows(kind: string): Iterable<readonly [string, unknown]> {
    return this.#options.rows.rows(kind)
  }

  wallMs(): number | undefined {
    return this.#options.wallMs()
  }

  propose(command: Command): boolean {
    let taken = true
    this.command(command, Infinity, (result) => {
      if (result instanceof Error) taken = false
    })
    return taken
  }

  command(command: Command, deadlineMs: number, answer: Answer): void {
    if (this.#ended) return answer(notLeader(this.shard))
    if (deadlineMs <= this.#options.clock.monotonicMs()) return answer(tooLate(this.shard))
    if (this.#full) return answer(tailFull(this.shard))
    const wallMs = this.wallMs()
    if (wallMs === undefined) return answer(doubted(this.shard))
    const stamp = { wallMs, epoch: this.epoch, index: this.#end.index + 1 }
    try {
      const { events, reply } = this.#leading.decide(command, stamp)
      if (events.length > 0) this.#decide(events)
      this.#wait({ at: this.#end, deadlineMs, answer, reply, answered: false })
    } catch (error) {
      this.#options.broken(error)
      answer(unknown(this.shard))
    }
  }

  get #full(): boolean {
    const waiting = this.#waiting.length + this.#unconfirmed.length
    const tail = this.#tail.length >= TAIL_ENTRIES_MAX || this.#tailBytes >= TAIL_BYTES_MAX
    return tail || waiting >= WAITING_MAX
  }

  #decide(events: readonly Event[]): void {
    const changes = this.#options.rows.apply(events)
    const bytes = encodeEvents(this.#options.machine.kinds, events)
    const index = this.#end.index + 1
    const hash = this.#options.chain(this.#end.hash, index, this.epoch, bytes)
    this.#end = { index, hash }
    this.#tail.push({ entry: { index, epoch: this.epoch, bytes, hash }, changes })
    this.#tailBytes += bytes.length
    this.#leading.decided(changes)
    this.#gather()
  }

  /** What is asked for within one turn goes into one append. */
  #gather(): void {
    if (this.#gathering || this.#appends.length >= APPENDS_MAX) return
    this.#gathering = true
    this.#options.clock.defer(() => {
      this.#gathering = false
      this.#send()
    })
  }

  #send(): void {
    const unsent = this.#tail.slice(this.#sentCount)
    if (this.#ended || unsent.length === 0 || this.#appends.length >= APPENDS_MAX) return
    this.#sentCount = this.#tail.length
    this.#appends.push(this.#end.index)
    this.#options.append(unsent.map(({ entry }) => entry))
  }

  /** Everything up to `index` is true now. Returns what it changed, for the rows to keep. */
  committed(index: number): readonly Change[] {
    const count = this.#tail.findIndex(({ entry }) => entry.index > index)
    const done = this.#tail.splice(0, count < 0 ? this.#tail.length : count)
    this.#sentCount -= done.length
    while (this.#appends[0] !== undefined && this.#appends[0] <= index) this.#appends.shift()
    const changes: Change[] = []
    for (const { entry, changes: made } of done) {
      this.#tailBytes -= entry.bytes.length
      this.#committed = entry
      this.#leading.committed(made, { shard: this.shard, epoch: this.epoch, index: entry.index })
      for (const change of made) changes.push(change)
    }
    this.#release()
    this.#send()
    return changes
  }

  #release(): void {
    const { index } = this.#committed
    let count = 0
    for (; count < this.#waiting.length; count++) {
      const waiting = this.#waiting[count]
      if (!waiting || waiting.at.index > index) break
      this.#answer(waiting)
    }
    this.#waiting.splice(0, count)
  }

  #wait(waiting: Waiting): void {
    if (waiting.at.index > this.#committed.index) this.#waiting.push(waiting)
    else {
      this.#unconfirmed.push(waiting)
      this.#confirm()
    }
    this.#sweepLater()
  }

  /** One round at a time: who comes while one is under way waits for the next. */
  #confirm(): void {
    if (this.#confirming.length > 0 || this.#unconfirmed.length === 0) return
    this.#confirming = this.#unconfirmed
    this.#unconfirmed = []
    this.#options.confirm()
  }

  confirmed(): void {
    const done = this.#confirming
    this.#confirming = []
    for (const waiting of done) this.#answer(waiting)
    this.#confirm()
  }

  #sweepLater(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    this.#options.clock.after(DEADLINE_SWEEP_MS, () => {
      this.#sweeping = false
      this.#sweep()
    })
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const waiting of [...this.#waiting, ...this.#unconfirmed, ...this.#confirming]) {
      if (waiting.deadlineMs <= nowMs) this.#answer(waiting, unknown(this.shard))
    }
    const open = ({ answered }: Waiting): boolean => !answered
    this.#waiting = this.#waiting.filter(open)
    this.#unconfirmed = this.#unconfirmed.filter(open)
    if (this.#waiting.length + this.#unconfirmed.length + this.#confirming.length > 0)
      this.#sweepLater()
  }

  /** Leadership is over. What waits may or may not be committed by the next leader. */
  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#leading.stop()
    for (const waiting of [...this.#waiting, ...this.#unconfirmed, ...this.#confirming]) {
      this.#answer(waiting, unknown(this.shard))
    }
  }

  #answer(waiting: Waiting, error?: RuntimeError): void {
    if (waiting.answered) return
    waiting.answered = true
    waiting.answer(error ?? { reply: waiting.reply, at: this.#receipt(waiting.at) })
  }

  #receipt({ index, hash }: End): Receipt {
    return { shard: this.shard, epoch: this.epoch, index, hash: hex(hash) }
  }
}

function notLeader(shard: number): RuntimeError {
  const message = `Cannot decide in shard ${shard}: this node does not lead it`
  return new RuntimeError('NOT_LEADER', message, { retryAfterMs: 100 })
}

function doubted(shard: number): RuntimeError {
  const message = `Cannot decide in shard ${shard}: the wall clock was set, and is watched for a while`
  return new RuntimeError('NOT_LEADER', message, { retryAfterMs: 100 })
}

function tooLate(shard: number): RuntimeError {
  return new RuntimeError(
    'DEADLINE_EXCEEDED',
    `Cannot decide in shard ${shard}: the deadline has passed`,
  )
}

function tailFull(shard: number): RuntimeError {
  const message = `Cannot decide in shard ${shard}: too much waits to be committed`
  return new RuntimeError('RESOURCE_EXHAUSTED', message, { retryAfterMs: 250 })
}

function unknown(shard: number): RuntimeError {
  const message = `Cannot say what became of it in shard ${shard}: repeat it with the same key`
  return new RuntimeError('UNAVAILABLE', message, { details: { outcome: 'unknown' } })
}
