import {
  SHARD_COUNT,
  type ShardRow,
  type StoreEntry,
  type Topology,
} from '../authority/topology.ts'
import type { StoreId } from '../storage/store-id.ts'

/** What entry and message formats the first release writes. */
const FIRST_LEVEL = 1

/** The topology of a cluster that has just been made: one store, that is everything in it. */
export function firstTopology(clusterId: string, self: StoreId, entry: StoreEntry): Topology {
  const row: ShardRow = {
    epoch: 1,
    status: 'active',
    leader: self,
    leaderBoot: entry.boot,
    replicas: [self],
    previous: [self],
  }
  return {
    revision: 1,
    clusterId,
    level: FIRST_LEVEL,
    voters: [self],
    coordinator: { store: self, boot: entry.boot, term: 1 },
    stores: { [self]: entry },
    shards: Array.from({ length: SHARD_COUNT }, () => row),
  }
}
