import { OneVoterAuthority } from '../../runtime/authority/one-voter-authority.ts'
import { topologyOp } from '../../runtime/authority/stored-topology.ts'
import type { StoreEntry } from '../../runtime/authority/topology.ts'
import { assert } from '../../runtime/errors.ts'
import { firstTopology } from '../../runtime/placement/first-topology.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import { seededRandom } from '../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../runtime/scheduling/virtual-clock.ts'
import type { Answered, DurableKind, Event, Leading, Machine } from '../../runtime/shard/machine.ts'
import { chainHash } from '../../runtime/storage/checksum.ts'
import { MemoryHighWater } from '../../runtime/storage/high-water.ts'
import { MemoryEngine } from '../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../runtime/storage/safe-store.ts'
import { storeIdOf } from '../../runtime/storage/store-id.ts'
import { System } from '../../runtime/system.ts'
import { Loopback } from '../../runtime/transport/loopback.ts'
import type { Transport } from '../../runtime/transport/transport.ts'
import { Life } from '../sim/life.ts'

/** Adds to the sum of a name; a sum of 100 is finished. */
export type SumCommand =
  | { readonly type: 'add'; readonly id: string; readonly amount: number }
  | { readonly type: 'read'; readonly id: string }
  | { readonly type: 'remove'; readonly id: string }

type Added = Event & { readonly type: 'added' | 'removed'; readonly amount: number }
type Sum = { readonly sum: number }

const sums: DurableKind<Sum, Added> = {
  kind: 'sum',
  version: 1,
  fold(row, { type, amount }) {
    if (type === 'added') return { sum: (row?.sum ?? 0) + amount }
    assert(row, 'only what is there is removed')
    return undefined
  },
  finished: ({ sum }) => sum >= 100,
  listed: ({ sum }) => ({ atMs: sum, summary: sum }),
}

export const sumMachine: Machine<SumCommand> = {
  kinds: { sum: sums as DurableKind },
  lead: (shard): Leading<SumCommand> => ({
    decide: (command, { wallMs }) => {
      const row = shard.row('sum', command.id) as Sum | undefined
      if (command.type === 'read') return { events: [], reply: row?.sum ?? 0 }
      const { id } = command
      const event = { kind: 'sum', id, atMs: wallMs } as const
      if (command.type === 'remove') {
        const removed = { ...event, type: 'removed', amount: 0 }
        return { events: row ? [removed] : [], reply: 'removed' }
      }
      const { amount } = command
      return { events: [{ ...event, type: 'added', amount }], reply: (row?.sum ?? 0) + amount }
    },
    decided: () => undefined,
    committed: () => undefined,
    stop: () => undefined,
  }),
}

/** One store's disks and time, over which starts of a system follow each other. */
export class Bench<Command extends object = SumCommand> {
  readonly clock = new VirtualClock()
  readonly hot = new MemoryEngine(this.clock)
  readonly cold = new MemoryEngine(this.clock)
  readonly waters = [new MemoryHighWater(), new MemoryHighWater()] as const
  readonly self = storeIdOf('01STORE')
  readonly alarms: unknown[] = []
  readonly #machine: Machine<Command> | ((clock: Clock) => Machine<Command>)
  readonly #wire: (transport: Transport, clock: Clock) => Transport
  /** The program dies at the step with which this is used up. */
  stepsLeft = Infinity
  #boot = 0
  #life = new Life(0, () => true)

  /**
   * @param machine made anew for each start, if it takes a clock.
   * @param wire what is between the program and its loopback.
   */
  constructor(
    machine: Machine<Command> | ((clock: Clock) => Machine<Command>),
    wire: (transport: Transport, clock: Clock) => Transport = (transport) => transport,
  ) {
    this.#machine = machine
    this.#wire = wire
  }

  get alive(): boolean {
    return this.#life.alive
  }

  /** Starts the program on what is on the disks, and waits until it serves. */
  start(): System<Command> {
    this.#boot += 1
    this.#life = new Life(this.#boot, () => --this.stepsLeft > 0)
    const { self } = this
    const clock = this.#life.clock(this.clock)
    const hot = this.#open(this.hot, this.waters[0], 'hot')
    const cold = this.#open(this.cold, this.waters[1], 'cold')
    const entry: StoreEntry = {
      node: 'n',
      address: '',
      boot: this.#boot,
      bootId: `b${this.#boot}`,
      status: 'up',
      keyHash: '',
    }
    if (this.#boot === 1) {
      hot.write([topologyOp(firstTopology('c', self, { ...entry, boot: 0 }))])
      this.clock.advance(10)
    }
    const authority = new OneVoterAuthority({ store: hot })
    const system = new System<Command>({
      self,
      entry,
      clusterId: 'c',
      hot,
      cold,
      authority,
      clock,
      random: seededRandom(this.#boot),
      transport: this.#wire(this.#life.transport(new Loopback(self, clock)), clock),
      machine: typeof this.#machine === 'function' ? this.#machine(clock) : this.#machine,
      chain: chainHash,
      awakeMs: () => clock.monotonicMs(),
      alarm: (_shard, error) => void this.alarms.push(error),
      receive: () => undefined,
    })
    system.start()
    this.clock.advance(50)
    return system
  }

  #open(engine: MemoryEngine, highWater: MemoryHighWater, name: string): SafeStore {
    const store = new SafeStore({
      engine: this.#life.engine(engine, name),
      highWater,
      clock: this.#life.clock(this.clock),
      name,
      failed: (error) => void this.alarms.push(error),
    })
    store.open((error) => error && this.alarms.push(error))
    return store
  }

  crash(): void {
    this.#life.end()
    this.hot.crash()
    this.cold.crash()
  }

  /** Asks and waits a while. */
  ask(
    system: System<Command>,
    shard: number,
    command: Command,
    waitMs = 50,
  ): Answered | Error | undefined {
    let result: Answered | Error | undefined
    system.shards.command(shard, command, this.clock.monotonicMs() + 3_000, (answer) => {
      result = answer
    })
    this.clock.advance(waitMs)
    return result
  }
}
