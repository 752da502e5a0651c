import { clockNotes } from '../actors/clock-notes.ts'
import type { FleetStatus, HealthNote, NodeStatus } from '../actors/fleet.ts'
import type { Node } from '../actors/node.ts'
import { queueNotes } from '../actors/queue-notes.ts'
import type { TaskState } from '../actors/task/task.ts'
import type { StoreEntry } from '../runtime/authority/topology.ts'
import type { Clock } from '../runtime/scheduling/clock.ts'
import type { BlobDirectory } from '../runtime/storage/blobs/blob-directory.ts'
import type { Directory } from '../runtime/storage/directory/directory.ts'
import type { SpaceWatch } from '../runtime/storage/space/space-watch.ts'
import type { NodeConfiguration } from './config/keys.ts'
import type { HolderClient } from './holder/client.ts'
import { blobNotes, spaceNotes, storeNotes } from './store/store-notes.ts'
import { MachineLoadMeter, type MachineLoad } from './machine-load.ts'
import { VERSION } from './version.ts'

/** The event loop's delay from which health says something. */
const LAG_HIGH_MS = 250

export interface NodeReportOptions {
  readonly configuration: NodeConfiguration
  readonly directory: Directory
  readonly blobs: BlobDirectory
  readonly space: SpaceWatch
  readonly entry: StoreEntry
  readonly clock: Clock
  readonly holder: HolderClient
}

/** What a node says of itself: its load, its addresses, and what is not as it should be. */
export class NodeReport {
  readonly #options: NodeReportOptions
  readonly #meter: MachineLoadMeter
  readonly #startedMs: number
  #addresses: FleetStatus['addresses'] = { console: '', admin: '' }
  #served: 'uws' | 'node' | undefined

  constructor(options: NodeReportOptions) {
    this.#options = options
    this.#meter = new MachineLoadMeter(options.configuration.data)
    this.#startedMs = options.clock.monotonicMs()
  }

  listening(addresses: FleetStatus['addresses'], served: 'uws' | 'node'): void {
    this.#addresses = addresses
    this.#served = served
  }

  async status(counts: Readonly<Record<TaskState, number>>, node: Node): Promise<FleetStatus> {
    const { directory, space, entry, clock, configuration } = this.#options
    const { sentinel } = directory
    const load = await this.#meter.look(clock.monotonicMs())
    const topology = node.system.topology
    const { shards } = node.system
    const { diskTotalBytes: _, ...shown } = load
    const degraded = load.loopLagMs > LAG_HIGH_MS || space.scarce !== undefined
    const self: NodeStatus = {
      node: entry.node,
      storeId: sentinel.storeId,
      status: node.draining ? 'draining' : degraded ? 'degraded' : 'alive',
      labels: configuration.labels,
      slots: configuration.slots,
      busy: node.busyCount,
      ...shown,
      ...(space.scarce === undefined ? {} : { startsNothing: space.scarce }),
    }
    return {
      version: VERSION,
      clusterId: sentinel.clusterId,
      node: entry.node,
      storeId: sentinel.storeId,
      boot: entry.boot,
      upMs: clock.monotonicMs() - this.#startedMs,
      nodes: [self],
      counts,
      shards: {
        total: topology?.shards.length ?? 0,
        active: shards.activeCount,
        copies: Math.min(...(topology?.shards.map(({ replicas }) => replicas.length) ?? [0])),
      },
      health: [
        ...this.#notes(load),
        ...queueNotes(counts, node.fullProjects()),
        ...clockNotes(node.system.clockGuard, clock.monotonicMs()),
        ...unreadable(shards.unreadable),
      ],
      addresses: this.#addresses,
    }
  }

  #notes(load: MachineLoad): HealthNote[] {
    const notes: HealthNote[] = [
      {
        component: 'cluster',
        level: 'info',
        message: 'one node: it survives a crash, not the loss of its disk',
        fix: 'back up with: gaia admin backup DIR',
      },
    ]
    if (load.loopLagMs > LAG_HIGH_MS) {
      const message = `the program is late by ${Math.round(load.loopLagMs)} ms`
      notes.push({ component: 'load', level: 'warning', message })
    }
    return [...notes, ...this.#storeNotes(), ...this.#holderNotes(), ...this.#consoleNotes()]
  }

  #storeNotes(): HealthNote[] {
    const { directory, blobs, space } = this.#options
    return [
      ...storeNotes('hot', directory.hot.metrics()),
      ...storeNotes('cold', directory.cold.metrics()),
      ...blobNotes(blobs.figures()),
      ...spaceNotes(space),
    ]
  }

  #holderNotes(): HealthNote[] {
    const health = this.#options.holder.health()
    if (!health)
      return [
        {
          component: 'terminals',
          level: 'failing',
          message: 'the holder of terminals does not answer',
        },
      ]
    const { confinement, notes } = health
    const told = notes.map(
      (message) => ({ component: 'terminals', level: 'warning', message }) as const,
    )
    return [
      { component: 'terminals', level: 'ok', message: `processes are found by ${confinement}` },
      ...told,
    ]
  }

  #consoleNotes(): HealthNote[] {
    if (this.#served === undefined) return []
    const message =
      this.#served === 'uws'
        ? 'served by uWebSockets.js'
        : 'served by node:http, the slower fallback'
    return [{ component: 'console', level: this.#served === 'uws' ? 'ok' : 'warning', message }]
  }
}

function unreadable(shards: ReadonlyMap<number, Error>): HealthNote[] {
  return [...shards].map(([shard, error]) => ({
    component: `shard ${shard}`,
    level: 'failing',
    message: error.message,
    fix: 'restore a backup into another directory',
  }))
}
