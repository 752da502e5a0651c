import type { StoreEntry, Topology } from '../authority/topology.ts'
import { RuntimeError } from '../errors.ts'
import type { StoreId } from '../storage/store-id.ts'

/**
 * The topology of a cluster of one whose store was restored under another id: the new store is in
 * every place of the old one, and has not started yet. The old one is nobody here, should it return.
 *
 * Throws `FAILED_PRECONDITION` for a store that was not alone: the others know better than a backup.
 */
export function renamed(topology: Topology, self: StoreId, entry: StoreEntry): Topology {
  const known = Object.keys(topology.stores)
  if (known.length > 1) {
    const message = `Cannot restore one store of ${known.length}: join the cluster with an empty directory`
    throw new RuntimeError('FAILED_PRECONDITION', message)
  }
  const alone = { leader: self, leaderBoot: entry.boot, replicas: [self], previous: [self] }
  return {
    ...topology,
    revision: topology.revision + 1,
    voters: [self],
    coordinator: { ...topology.coordinator, store: self, boot: entry.boot },
    stores: { [self]: entry },
    shards: topology.shards.map((row) => ({ ...row, ...alone })),
  }
}
