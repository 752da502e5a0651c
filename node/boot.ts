import { TOPOLOGY_KEY } from '../runtime/authority/one-voter-authority.ts'
import type { StoreEntry, Topology } from '../runtime/authority/topology.ts'
import { systemClock } from '../runtime/scheduling/system-clock.ts'
import { systemRandom } from '../runtime/scheduling/system-random.ts'
import { ulid } from '../runtime/scheduling/ulid.ts'
import { decodeValue, encodeValue, unpack } from '../runtime/storage/codec.ts'
import { settled, type Directory } from '../runtime/storage/directory.ts'
import { storeIdOf } from '../runtime/storage/store-id.ts'

export const BOOT_KEY = 'm/boot'

/** Counts this start, on disk, before anything else is done. */
export async function nextBoot({ hot, sentinel }: Directory, address: string): Promise<StoreEntry> {
  const stored = hot.get(BOOT_KEY)
  const { boot } = decodeValue(stored ?? encodeValue('boot', 1, { boot: 0 }), 'boot', []) as {
    readonly boot: number
  }
  const value = encodeValue('boot', 1, { boot: boot + 1 })
  await settled((done) => hot.write([{ type: 'put', key: BOOT_KEY, value }], done))
  const bootId = ulid(systemClock.wallMs(), systemRandom)
  const document = hot.get(TOPOLOGY_KEY)
  const topology = document && (unpack(document) as Topology)
  const known = topology?.stores[storeIdOf(sentinel.storeId)]
  return {
    node: sentinel.node,
    address,
    boot: boot + 1,
    bootId,
    status: 'up',
    keyHash: known?.keyHash ?? '',
  }
}
