import { storedTopology, topologyOp } from '../../runtime/authority/stored-topology.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import { renamed } from '../../runtime/placement/renamed.ts'
import { systemClock } from '../../runtime/scheduling/system-clock.ts'
import { systemRandom } from '../../runtime/scheduling/system-random.ts'
import { ulid } from '../../runtime/scheduling/ulid.ts'
import type { Directory } from '../../runtime/storage/directory/directory.ts'
import { restore, type Restored } from '../../runtime/storage/directory/restore.ts'
import { storeIdOf, type StoreId } from '../../runtime/storage/store-id.ts'
import type { Op } from '../../runtime/storage/store.ts'
import { bootOp } from '../boot.ts'

/**
 * Makes a store of a backup, under an id and a key of its own: were it the old one, two disks could
 * speak for the same store, and neither would know.
 */
export async function restoreStore(
  from: string,
  to: string,
): Promise<Restored & { readonly storeId: StoreId }> {
  const storeId = storeIdOf(ulid(systemClock.wallMs(), systemRandom))
  const restored = await restore(from, to, {
    clock: systemClock,
    sentinel: ({ clusterId, node }) => ({ storeId, clusterId, node }),
    changed: (backup) => newIdentity(backup, storeId),
  })
  return { ...restored, storeId }
}

async function newIdentity(backup: Directory, storeId: StoreId): Promise<readonly Op[]> {
  const topology = storedTopology(backup.hot)
  if (!topology) throw new RuntimeError('STORE_REFUSED', 'Cannot restore: it holds no topology')
  const { identityOf } = await import('../identity.ts')
  const { op, keyHash } = identityOf(storeId)
  const { node } = backup.sentinel
  const entry = { node, address: '', boot: 0, bootId: '', status: 'up', keyHash } as const
  return [bootOp(0), op, topologyOp(renamed(topology, storeId, entry))]
}
