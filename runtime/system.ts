import { Amendments } from './authority/amendments.ts'
import type { Authority } from './authority/authority.ts'
import type { StoreEntry, Topology } from './authority/topology.ts'
import type { Clock } from './scheduling/clock.ts'
import { ClockGuard } from './scheduling/clock-guard.ts'
import type { Random } from './scheduling/random.ts'
import { arrived, returned } from './placement/arrival.ts'
import type { Chain } from './shard/entry.ts'
import { ShardHost } from './shard/host.ts'
import type { Machine } from './shard/machine.ts'
import type { MailMessage } from './shard/mail/letter.ts'
import type { ShardMessage } from './shard/messages.ts'
import type { Store } from './storage/store.ts'
import type { StoreId } from './storage/store-id.ts'
import type { PeerMessage, Transport } from './transport/transport.ts'

export interface SystemOptions<Command extends object> {
  readonly self: StoreId
  /** This start of the store, with what the topology tells others of it. */
  readonly entry: StoreEntry
  readonly clusterId: string
  readonly hot: Store
  readonly cold: Store
  readonly authority: Authority
  readonly clock: Clock
  readonly random: Random
  readonly transport: Transport
  readonly machine: Machine<Command>
  readonly chain: Chain
  /** A clock that counts suspend, on any scale. Unit: ms. */
  awakeMs(): number
  alarm(shard: number, error: unknown): void
  /** The part of the node above that a message is for. */
  receive(from: StoreId, message: PeerMessage): void
}

/** The runtime of one node: its shards, its wishes for the topology, and who hears what. */
export class System<Command extends object> {
  readonly shards: ShardHost<Command>
  readonly clockGuard: ClockGuard
  readonly #options: SystemOptions<Command>
  #topology: Topology | undefined
  /** The shards that were given up when the clock was doubted, and their epochs. */
  #given: ReadonlyMap<number, number> = new Map()

  constructor(options: SystemOptions<Command>) {
    this.#options = options
    const amendments = new Amendments(options)
    const { clock, awakeMs } = options
    const changed = (believed: boolean): void => this.#doubt(believed)
    this.clockGuard = new ClockGuard({ clock, awakeMs, changed })
    this.shards = new ShardHost<Command>({
      ...options,
      boot: options.entry.boot,
      amend: amendments.amend,
      wallMs: this.clockGuard.wallMs,
    })
    options.transport.receive((from, message) => {
      if (message.to === 'shard') this.shards.receive(from, message.body as ShardMessage)
      else if (message.to === 'mail') this.shards.receiveMail(from, message.body as MailMessage)
      else options.receive(from, message)
    })
    this.#amendments = amendments
  }

  readonly #amendments: Amendments

  get topology(): Topology | undefined {
    return this.#topology
  }

  /** In doubt about the time nothing is led; after, in new epochs, with all timers computed anew. */
  #doubt(believed: boolean): void {
    if (!believed) this.#given = this.shards.resign()
    else this.#amendments.amend((topology) => returned(topology, this.#options.self, this.#given))
  }

  /** Reads the copies back, tells the authority of this start, and leads what falls to it. */
  start(): void {
    this.shards.start(() => {
      const { self, entry, authority } = this.#options
      authority.watch((topology) => {
        this.#topology = topology
        this.shards.learn(topology)
      })
      this.#amendments.amend((topology) => arrived(topology, self, entry))
    })
  }
}
