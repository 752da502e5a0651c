import type { ShardRow, StoreEntry, Topology } from '../authority/topology.ts'
import { RuntimeError } from '../errors.ts'
import type { StoreId } from '../storage/store-id.ts'

/**
 * The topology once a store has started: its new boot is known, and every shard that it led gets a
 * new epoch, because an epoch belongs to one start of one store (SL6).
 *
 * Throws `FENCED` when the authority knows a later start of the same store: this disk is an older
 * copy of it.
 */
export function arrived(topology: Topology, self: StoreId, entry: StoreEntry): Topology {
  const known = topology.stores[self]
  if (known && known.boot === entry.boot && known.bootId === entry.bootId) return topology
  if (known && known.boot >= entry.boot) throw clone(self, known.boot, entry.boot)
  const shards = topology.shards.map((row) =>
    row.leader === self ? recovering(row, entry.boot) : row,
  )
  const { coordinator } = topology
  const term = coordinator.store === self ? coordinator.term + 1 : coordinator.term
  const boot = coordinator.store === self ? entry.boot : coordinator.boot
  return {
    ...topology,
    coordinator: { ...coordinator, boot, term },
    stores: { ...topology.stores, [self]: entry },
    shards,
  }
}

/**
 * The topology once a store leads again what it gave up: each shard in a new epoch, unless somebody
 * else has taken it meanwhile.
 *
 * @param given the epoch in which each shard was given up.
 */
export function returned(
  topology: Topology,
  self: StoreId,
  given: ReadonlyMap<number, number>,
): Topology {
  const own = (row: ShardRow, shard: number): boolean =>
    row.leader === self && row.epoch === given.get(shard)
  if (!topology.shards.some(own)) return topology
  const shards = topology.shards.map((row, shard) =>
    own(row, shard) ? recovering(row, row.leaderBoot) : row,
  )
  return { ...topology, shards }
}

function recovering(row: ShardRow, leaderBoot: number): ShardRow {
  return { ...row, epoch: row.epoch + 1, status: 'recovering', leaderBoot }
}

function clone(self: StoreId, known: number, boot: number): RuntimeError {
  const message = `Cannot join with store "${self}": it has started ${known} times, this copy of it ${boot}`
  return new RuntimeError('FENCED', message, { details: { known, boot } })
}
