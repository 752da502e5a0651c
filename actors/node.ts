import type { ActorId, ActorRef } from '../runtime/actor/actor-ref.ts'
import { ActorSystem } from '../runtime/actor/actor-system.ts'
import type { Authority } from '../runtime/authority/authority.ts'
import { SHARD_COUNT, type StoreEntry, type Topology } from '../runtime/authority/topology.ts'
import type { Clock } from '../runtime/scheduling/clock.ts'
import type { Random } from '../runtime/scheduling/random.ts'
import type { Chain } from '../runtime/shard/entry.ts'
import type { Machine } from '../runtime/shard/machine.ts'
import type { Blobs } from '../runtime/storage/blobs/blobs.ts'
import type { Space } from '../runtime/storage/space/space.ts'
import type { Store } from '../runtime/storage/store.ts'
import type { StoreId } from '../runtime/storage/store-id.ts'
import { System } from '../runtime/system.ts'
import type { PeerMessage, Transport } from '../runtime/transport/transport.ts'
import { Catalog } from './catalog/catalog.ts'
import { BlobSweep } from './retention/blob-sweep.ts'
import type { Fleet, FleetStatus } from './fleet.ts'
import { LocalFleet } from './local-fleet.ts'
import { Readiness } from './readiness.ts'
import type { Command } from './task/command.ts'
import type { LedTasks, TasksListener } from './tasks-machine/led-tasks.ts'
import { TaskFigures } from './task-figures.ts'
import { tasksMachine } from './tasks-machine/tasks-machine.ts'
import type { TaskState } from './task/task.ts'
import type { Terminals } from './terminals.ts'
import { type ExchangeMessage, exchangeSpec, tellChange, tellEnd } from './assignment/exchange.ts'
import type { ToExchange, ToSlots } from './assignment/messages.ts'
import type { WorkOptions } from './assignment/options.ts'
import { Retention, type RetentionLimits } from './retention/retention.ts'
import { type SlotsMessage, slotsSpec } from './assignment/slots.ts'

/** Everything of the world that a node needs, handed in. */
export interface NodePorts {
  readonly self: StoreId
  readonly entry: StoreEntry
  readonly clusterId: string
  readonly hot: Store
  readonly cold: Store
  readonly space: Space
  readonly authority: Authority
  readonly clock: Clock
  readonly random: Random
  readonly transport: Transport
  readonly terminals: Terminals
  readonly blobs: Blobs
  readonly chain: Chain
  readonly work: WorkOptions
  readonly slots: number
  readonly labels: readonly string[]
  readonly retention: RetentionLimits
  digest(bytes: Uint8Array): string
  /** True when this machine certainly has no such directory. */
  lacks(directory: string): Promise<boolean>
  status(counts: Readonly<Record<TaskState, number>>): Promise<FleetStatus>
  alarm(shard: number, error: unknown): void
  /** An actor could not go on; its supervisor acts. */
  failed(actor: ActorId, error: unknown): void
  /** Between the parts and the shards, for tests that watch what is decided. */
  machine?(machine: Machine<Command>): Machine<Command>
}

/**
 * The inside of a node: the same in a process and in the simulation. Leads shards, gives their work
 * out, runs what it is given.
 */
export class Node {
  readonly system: System<Command>
  readonly fleet: Fleet
  readonly catalog: Catalog
  readonly actors: ActorSystem
  readonly figures = new TaskFigures()
  readonly #ports: NodePorts
  readonly #exchange: ActorRef<ExchangeMessage>
  readonly #slots: ActorRef<SlotsMessage>
  readonly #retention: Retention
  readonly #blobSweep: BlobSweep
  readonly #led = new Map<number, LedTasks>()
  readonly #readiness: Readiness
  #busyCount = 0

  constructor(ports: NodePorts) {
    this.#ports = ports
    const machine = tasksMachine({ ...ports, listener: this.#listener() })
    this.catalog = new Catalog({ cold: ports.cold })
    this.system = new System<Command>({
      ...ports,
      machine: ports.machine?.(machine) ?? machine,
      awakeMs: () => ports.terminals.nowMs(),
      receive: (from, message) => this.#receive(from, message),
    })
    const { shards, clockGuard } = this.system
    this.#readiness = new Readiness({
      ...{ terminals: ports.terminals, space: ports.space, clockGuard },
      leaderless: () => SHARD_COUNT - shards.activeCount - shards.unreadable.size,
    })
    this.actors = new ActorSystem(ports)
    const exchange = exchangeSpec({
      ...{ shards, work: ports.work },
      led: () => this.#led,
      nodes: () => [ports.self],
      stores: () => this.#knownStores(),
      send: this.#sender('slots'),
    })
    this.#exchange = this.actors.spawn(exchange)
    const slots = slotsSpec({
      ...ports,
      boot: ports.entry.boot,
      node: ports.entry.node,
      kinds: ['shell'],
      leaders: () => [ports.self],
      send: this.#sender('exchange'),
      draining: () => this.#readiness.draining,
      busy: (count) => void (this.#busyCount = count),
    })
    this.#slots = this.actors.spawn(slots)
    ports.space.onChange(() => void this.#slots.tell({ type: 'spaceChanged' }))
    this.#blobSweep = new BlobSweep({ ...ports, clockGuard })
    this.#retention = new Retention({
      ...ports,
      shards,
      clockGuard,
      limits: ports.retention,
      led: () => this.#led,
    })
    const copies = (shard: number): number =>
      this.system.topology?.shards[shard]?.replicas.length ?? 0
    this.fleet = new LocalFleet({
      ...ports,
      shards,
      catalog: this.catalog,
      led: () => this.#led,
      copies,
      // With more nodes any of them may have it: then the one that runs the task finds out.
      lacks: async (directory) => this.#knownStores().size <= 1 && ports.lacks(directory),
      acknowledged: this.figures.acknowledged,
      unready: () => this.#readiness.unready(),
    })
  }

  start(): void {
    this.system.start()
    this.#retention.start()
    this.#blobSweep.start()
  }

  /** Slots that are taken. */
  get busyCount(): number {
    return this.#busyCount
  }

  /** Projects that take no more tasks, in the shards that it leads. */
  fullProjects(): readonly string[] {
    return [...this.#led.values()].flatMap((tasks) => tasks.fullProjects())
  }

  get draining(): boolean {
    return this.#readiness.draining
  }

  /** No new work; what runs goes on. */
  drain(): void {
    this.#readiness.drain()
    this.#slots.tell({ type: 'drain' })
  }

  /** Ends the actors, then every leadership: what rows were still only in memory are on disk then. */
  stop(done: () => void): void {
    this.actors.stop(() => this.system.shards.stop(done))
  }

  #sender(part: 'slots' | 'exchange'): (to: StoreId, body: ToSlots | ToExchange) => void {
    return (to, body) => this.#ports.transport.send(to, { to: part, body })
  }

  #receive(from: StoreId, message: PeerMessage): void {
    if (message.to === 'exchange') this.#exchange.tell({ ...(message.body as ToExchange), from })
    else if (message.to === 'slots') this.#slots.tell({ ...(message.body as ToSlots), from })
  }

  #listener(): TasksListener {
    return {
      led: (tasks, live) => {
        this.#led.set(tasks.shard, tasks)
        this.catalog.led(tasks.shard, live, tasks.tally())
        this.#exchange.tell({ type: 'led', shard: tasks.shard })
      },
      left: (shard) => {
        this.#led.delete(shard)
        this.catalog.left(shard)
      },
      changed: (id, before, after) => {
        this.catalog.changed(id, before, after)
        this.figures.changed(before, after)
        tellChange(this.#exchange, before, after)
      },
      overran: (task) => tellEnd(this.#exchange, task, 'timed-out'),
      reordered: () => void this.#exchange.tell({ type: 'match' }),
    }
  }

  #knownStores(): ReadonlySet<string> {
    const topology: Topology | undefined = this.system.topology
    return new Set(Object.keys(topology?.stores ?? {}))
  }
}
