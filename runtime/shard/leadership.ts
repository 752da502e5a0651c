import type { Amend } from '../authority/amendments.ts'
import type { ShardRow, Topology } from '../authority/topology.ts'
import { assert, RuntimeError } from '../errors.ts'
import type { Clock, Timer } from '../scheduling/clock.ts'
import type { Store } from '../storage/store.ts'
import type { StoreId } from '../storage/store-id.ts'
import { hex } from '../hex.ts'
import type { Chain, Entry } from './entry.ts'
import { decodeEvents, encodeEvents } from './formats.ts'
import * as leader from './leader.ts'
import { Ledger } from './ledger.ts'
import type { Answer, Machine, Receipt, Verdict } from './machine.ts'
import type { ShardMessage } from './messages.ts'
import type { ReplicaDisk } from './replica/replica-disk.ts'
import { lastHash, lastIndex, type Replica } from './replica/replica.ts'
import { Rows } from './rows.ts'

/** Rows go to disk when so many wait, or so long after the first. Units: rows, ms. */
const FLUSH_ROWS = 512
const FLUSH_DELAY_MS = 20

export interface LeadershipOptions<Command> {
  readonly row: ShardRow
  readonly self: StoreId
  readonly replica: ReplicaDisk
  readonly hot: Store
  readonly cold: Store
  readonly clock: Clock
  readonly machine: Machine<Command>
  readonly chain: Chain
  readonly amend: Amend
  /** The wall clock, while it is believed. */
  wallMs(): number | undefined
  send(to: StoreId, message: ShardMessage): void
  alarm(shard: number, error: unknown): void
}

/**
 * Drives one epoch of one shard at its leader: the pure `Leader` before it is active, the `Ledger`
 * and the flushing of rows after.
 */
export class Leadership<Command> {
  readonly shard: number
  readonly epoch: number
  readonly #options: LeadershipOptions<Command>
  readonly #rows: Rows
  #leader: leader.Leader
  #ledger: Ledger<Command> | undefined
  /** Index of the entry that opens the epoch; the log before it is true once it is committed. */
  #openingIndex = 0
  #committedIndex = 0
  #flushing = false
  #stopped = false
  #flushTimer: Timer | undefined
  readonly #afterFlush: (() => void)[] = []

  constructor(options: LeadershipOptions<Command>) {
    this.#options = options
    this.shard = options.replica.shard
    this.epoch = options.row.epoch
    this.#leader = leader.newLeader(this.shard, options.self, options.row)
    this.#rows = new Rows({ ...options, shard: this.shard, kinds: options.machine.kinds })
  }

  get active(): boolean {
    return this.#ledger !== undefined && this.#leader.phase === 'active'
  }

  start(): void {
    this.#step({ type: 'started' })
  }

  hear(from: StoreId, message: ShardMessage): void {
    this.#step({ type: 'message', from, message })
  }

  learn(row: ShardRow): void {
    this.#step({ type: 'row', row })
  }

  /** Gives the shard up: what is not committed yet may or may not be. */
  resign(): void {
    this.#step({ type: 'resigned' })
  }

  command(command: Command, deadlineMs: number, answer: Answer): void {
    if (this.#ledger) return this.#ledger.command(command, deadlineMs, answer)
    const message = `Cannot decide in shard ${this.shard}: its leadership is not active yet`
    answer(new RuntimeError('NOT_LEADER', message, { retryAfterMs: 50 }))
  }

  verify(receipt: Receipt, answer: (verdict: Verdict | RuntimeError) => void): void {
    if (receipt.index > this.#committedIndex) return answer('false')
    this.#options.replica.prove(receipt.index, (proof) => {
      if (proof === undefined || proof instanceof RuntimeError) return answer(proof ?? 'unknown')
      const same = proof.epoch === receipt.epoch && receipt.hash === hex(proof.hash)
      answer(same ? 'true' : 'false')
    })
  }

  #step(input: leader.LeaderInput): void {
    const [next, effects] = leader.step(this.#leader, input)
    this.#leader = next
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: leader.LeaderEffect): void {
    switch (effect.type) {
      case 'send':
        return this.#options.send(effect.outgoing.to, effect.outgoing.message)
      case 'install':
        return this.#install()
      case 'activate':
        return this.#options.amend((topology) => activated(topology, this.shard, this.epoch))
      case 'active':
        return this.#open()
      case 'committed':
        return this.#committed(effect.index)
      case 'confirmed':
        return this.#ledger?.confirmed()
      case 'ended':
        return this.#end()
    }
  }

  #install(): void {
    const { base, tail } = this.#options.replica.replica
    const { shard, epoch } = this
    for (const to of this.#leader.row.replicas) {
      this.#options.send(to, { type: 'install', shard, epoch, base, entries: tail })
    }
  }

  /** SL5: only now may anything be appended. The first entry decides nothing and commits all before. */
  #open(): void {
    const { replica, chain } = this.#options
    const index = lastIndex(replica.replica) + 1
    const bytes = encodeEvents({}, [])
    const hash = chain(lastHash(replica.replica), index, this.epoch, bytes)
    this.#openingIndex = index
    this.#append([{ index, epoch: this.epoch, bytes, hash }])
  }

  #append(entries: readonly Entry[]): void {
    this.#step({ type: 'appending', entries })
  }

  #committed(index: number): void {
    if (this.#stopped) return // It is in the log, for whoever leads next.
    this.#committedIndex = index
    if (this.#ledger) {
      this.#rows.commit(this.#ledger.committed(index))
      return this.#flushSoon()
    }
    if (index >= this.#openingIndex) this.#load()
  }

  /** Rows as of `applied`, then the log that follows them: all of it is committed by now. */
  #load(): void {
    const { replica } = this.#options.replica
    this.#rows.load((error) => {
      if (this.#leader.phase === 'ended') return
      if (error) return this.#broken(error)
      try {
        this.#replay(replica)
        this.#serve()
      } catch (failure) {
        this.#broken(failure) // A row that cannot be read stops this shard, and no other.
      }
    })
  }

  #replay({ tail, applied }: Replica): void {
    for (const entry of tail) {
      if (entry.index <= applied) continue
      this.#rows.replay(decodeEvents(this.#options.machine.kinds, entry.bytes), entry.index)
    }
  }

  #serve(): void {
    const { replica } = this.#options.replica
    this.#ledger = new Ledger<Command>({
      ...this.#options,
      shard: this.shard,
      epoch: this.epoch,
      rows: this.#rows,
      end: { index: lastIndex(replica), hash: lastHash(replica) },
      append: (entries) => this.#append(entries),
      confirm: () => this.#step({ type: 'confirming' }),
      broken: (error) => this.#broken(error),
    })
    this.#flushSoon()
  }

  #broken(error: unknown): void {
    this.#options.alarm(this.shard, error)
    this.#step({ type: 'broken' })
  }

  #flushSoon(): void {
    if (this.#rows.dirtyCount >= FLUSH_ROWS) return this.#flush()
    if (this.#rows.dirtyCount === 0 && this.#unapplied < FLUSH_ROWS) return
    this.#flushTimer ??= this.#options.clock.after(FLUSH_DELAY_MS, () => this.#flush())
  }

  get #unapplied(): number {
    return this.#committedIndex - this.#options.replica.replica.applied
  }

  /**
   * History first and synced, then the rows with the index they stand for, in one batch; then what
   * leaves history. A store that fails on the way ends the node, and the log still has it all.
   */
  #flush(): void {
    if (this.#flushing || this.#leader.phase === 'ended') return
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    this.#flushing = true
    const applied = this.#committedIndex
    const { cold, hot, deletions, flushed } = this.#rows.flush(applied)
    const { replica } = this.#options
    const done = (): void => {
      flushed()
      this.#flushing = false
      this.#flushSoon()
      for (const run of this.#afterFlush.splice(0)) run()
    }
    const writeHot = (error?: RuntimeError): void => {
      if (error) return
      this.#options.hot.write([...hot, ...replica.truncate(applied)], (failure) => {
        if (failure) return
        if (deletions.length === 0) return done()
        this.#options.cold.write(deletions, (undeleted) => {
          if (!undeleted) done()
        })
      })
    }
    if (cold.length === 0) writeHot()
    else this.#options.cold.write(cold, writeHot)
  }

  #end(): void {
    this.#flushTimer?.cancel()
    this.#ledger?.stop()
    this.#ledger = undefined
  }

  /** Stops deciding, then writes the rows that are still only in memory. */
  stop(done: () => void): void {
    this.#stopped = true
    const ledger = this.#ledger
    ledger?.stop()
    this.#ledger = undefined
    if (!ledger || this.#rows.dirtyCount === 0) return done()
    this.#afterFlush.push(done)
    this.#flush()
  }
}

/** SL4: guarded by the epoch, so that a stale wish changes nothing. */
function activated(topology: Topology, shard: number, epoch: number): Topology {
  const row = topology.shards[shard]
  assert(row, 'a topology has a row for each shard')
  if (row.epoch !== epoch || row.status === 'active') return topology
  const shards = topology.shards.slice()
  shards[shard] = { ...row, status: 'active', previous: row.replicas }
  return { ...topology, shards }
}
