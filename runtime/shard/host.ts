import type { Amend } from '../authority/amendments.ts'
import { SHARD_COUNT, type ShardRow, type Topology } from '../authority/topology.ts'
import { assert, RuntimeError } from '../errors.ts'
import type { Clock } from '../scheduling/clock.ts'
import type { Store } from '../storage/store.ts'
import type { StoreId } from '../storage/store-id.ts'
import type { Transport } from '../transport/transport.ts'
import type { Chain } from './entry.ts'
import { Leadership } from './leadership.ts'
import type { Answer, Machine, Receipt, Shards, Verdict } from './machine.ts'
import { Carrier } from './mail/carrier.ts'
import type { MailMessage } from './mail/letter.ts'
import { withMail, type MailCommand } from './mail/mail.ts'
import type { ShardMessage } from './messages.ts'
import { ReplicaDisk } from './replica/replica-disk.ts'

/** The parts of a node that understand messages within a shard, and letters between two. */
const PART = 'shard'
const MAIL_PART = 'mail'

export interface HostOptions<Command extends object> {
  readonly self: StoreId
  readonly boot: number
  readonly clusterId: string
  readonly hot: Store
  readonly cold: Store
  readonly clock: Clock
  readonly transport: Transport
  readonly machine: Machine<Command>
  readonly chain: Chain
  readonly amend: Amend
  /** The wall clock, while it is believed. */
  wallMs(): number | undefined
  /** A shard stopped that should not have, or something of it is lost, and why. */
  alarm(shard: number, error: unknown): void
}

/**
 * All the shards that this store keeps: their copies, and the leaderships that the topology gives
 * it. Carries messages between the pure steps, the disk and the other stores.
 */
export class ShardHost<Command extends object> implements Shards<Command> {
  readonly #options: HostOptions<Command>
  readonly #machine: Machine<Command | MailCommand>
  readonly #carrier: Carrier
  readonly #replicas: ReplicaDisk[] = []
  readonly #leaderships = new Map<number, Leadership<Command | MailCommand>>()
  #topology: Topology | undefined
  /** Shards whose copy could not be read: they are not served, the others are. */
  readonly #unreadable = new Map<number, RuntimeError>()

  constructor(options: HostOptions<Command>) {
    this.#options = options
    const { clock, alarm, transport } = options
    this.#carrier = new Carrier({
      clock,
      leaderOf: (shard) => this.#topology?.shards[shard]?.leader,
      send: (to, message) => transport.send(to, { to: MAIL_PART, body: message }),
      command: (...asked) => this.command(...asked),
    })
    this.#machine = withMail(options.machine, {
      clock,
      alarm,
      send: (message) => this.#carrier.send(message),
    })
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      this.#replicas.push(new ReplicaDisk({ ...options, shard }))
    }
  }

  /** Reads every copy back, then takes part. */
  start(done: () => void): void {
    let waiting = this.#replicas.length
    for (const replica of this.#replicas) {
      replica.load((error) => {
        if (error) this.#refuse(replica.shard, error)
        waiting -= 1
        if (waiting === 0) done()
      })
    }
  }

  #refuse(shard: number, error: RuntimeError): void {
    this.#unreadable.set(shard, error)
    this.#options.alarm(shard, error)
  }

  /** A letter, or what became of one. */
  receiveMail(from: StoreId, message: MailMessage): void {
    this.#carrier.receive(from, message)
  }

  receive(from: StoreId, message: ShardMessage): void {
    switch (message.type) {
      case 'seal':
      case 'install':
      case 'append':
      case 'confirm': {
        if (this.#unreadable.has(message.shard)) return
        const reply = (answer: ShardMessage): void => this.#send(from, answer)
        return this.#replica(message.shard).hear(message, reply)
      }
      default:
        return this.#leaderships.get(message.shard)?.hear(from, message)
    }
  }

  /** The authority decided a newer topology. */
  learn(topology: Topology): void {
    this.#topology = topology
    for (const [shard, row] of topology.shards.entries()) this.#learnRow(shard, row)
  }

  #learnRow(shard: number, row: ShardRow): void {
    const known = this.#leaderships.get(shard)
    known?.learn(row)
    const { self, boot } = this.#options
    const ours = row.leader === self && row.leaderBoot === boot && row.status === 'recovering'
    if (!ours || known?.epoch === row.epoch || this.#unreadable.has(shard)) return
    this.#lead(shard, row)
  }

  #lead(shard: number, row: ShardRow): void {
    const leadership = new Leadership<Command | MailCommand>({
      ...this.#options,
      machine: this.#machine,
      row,
      replica: this.#replica(shard),
      send: (to, message) => this.#send(to, message),
    })
    this.#leaderships.set(shard, leadership)
    leadership.start()
  }

  command(shard: number, command: Command | MailCommand, deadlineMs: number, answer: Answer): void {
    const leadership = this.#leaderships.get(shard)
    if (leadership) return leadership.command(command, deadlineMs, answer)
    const why = this.#unreadable.get(shard)?.message ?? 'this node does not lead it'
    const message = `Cannot decide in shard ${shard}: ${why}`
    answer(new RuntimeError('NOT_LEADER', message, { retryAfterMs: 100 }))
  }

  verify(receipt: Receipt, answer: (verdict: Verdict | RuntimeError) => void): void {
    const { shard } = receipt
    const leadership = this.#leaderships.get(shard)
    if (leadership?.active) return leadership.verify(receipt, answer)
    const why = this.#unreadable.get(shard)?.message ?? 'this node does not lead it'
    const message = `Cannot verify a receipt of shard ${shard}: ${why}`
    answer(new RuntimeError('NOT_LEADER', message, { retryAfterMs: 100 }))
  }

  /** Gives up every shard, and says in which epochs. */
  resign(): ReadonlyMap<number, number> {
    const epochs = new Map<number, number>()
    for (const [shard, leadership] of this.#leaderships) {
      leadership.resign()
      epochs.set(shard, leadership.epoch)
    }
    return epochs
  }

  /** How many shards accept commands here. */
  get activeCount(): number {
    let count = 0
    for (const leadership of this.#leaderships.values()) if (leadership.active) count += 1
    return count
  }

  get unreadable(): ReadonlyMap<number, RuntimeError> {
    return this.#unreadable
  }

  /** Ends every leadership and writes what rows are still only in memory. */
  stop(done: () => void): void {
    let waiting = this.#leaderships.size
    if (waiting === 0) return done()
    for (const leadership of this.#leaderships.values()) {
      leadership.stop(() => {
        waiting -= 1
        if (waiting === 0) done()
      })
    }
  }

  #replica(shard: number): ReplicaDisk {
    const replica = this.#replicas[shard]
    assert(replica, 'a shard is one of the 64')
    return replica
  }

  #send(to: StoreId, message: ShardMessage): void {
    this.#options.transport.send(to, { to: PART, body: message })
  }
}
