import { storedTopology } from '../runtime/authority/stored-topology.ts'
import type { StoreEntry } from '../runtime/authority/topology.ts'
import { RuntimeError } from '../runtime/errors.ts'
import { systemClock } from '../runtime/scheduling/system-clock.ts'
import { systemRandom } from '../runtime/scheduling/system-random.ts'
import { ulid } from '../runtime/scheduling/ulid.ts'
import type { Directory } from '../runtime/storage/directory/directory.ts'
import { decodeValue, encodeValue, type Format } from '../runtime/storage/format.ts'
import { settled, type Op } from '../runtime/storage/store.ts'
import { storeIdOf } from '../runtime/storage/store-id.ts'

/** How often a store was started. */
export const BOOT = { kind: 'boot', version: 1 } as const satisfies Format
/** Who a store is, and the certificate authority of its cluster: made in `identity.ts`, which is loaded once. */
export const IDENTITY = { kind: 'identity', version: 1 } as const satisfies Format
export const CERTIFIER = { kind: 'ca', version: 1 } as const satisfies Format

const BOOT_KEY = 'm/boot'

export function bootOp(boot: number): Op {
  return { type: 'put', key: BOOT_KEY, value: encodeValue(BOOT, { boot }) }
}

/** Counts this start, on disk, before anything else is done. */
export async function nextBoot({ hot, sentinel }: Directory): Promise<StoreEntry> {
  const stored = hot.get(BOOT_KEY)
  if (!stored) throw new RuntimeError('STORE_REFUSED', 'Cannot start: the store counts no starts')
  const { boot } = decodeValue(BOOT, stored) as { readonly boot: number }
  await settled((done) => hot.write([bootOp(boot + 1)], done))
  const bootId = ulid(systemClock.wallMs(), systemRandom)
  const known = storedTopology(hot)?.stores[storeIdOf(sentinel.storeId)]
  return {
    node: sentinel.node,
    address: '', // Nobody connects to it yet.
    boot: boot + 1,
    bootId,
    status: 'up',
    keyHash: known?.keyHash ?? '',
  }
}
