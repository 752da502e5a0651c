import t from 'tap'
import type { StoreEntry } from '../../../runtime/authority/topology.ts'
import { arrived } from '../../../runtime/placement/arrival.ts'
import { firstTopology } from '../../../runtime/placement/first-topology.ts'
import { renamed } from '../../../runtime/placement/renamed.ts'
import { storeIdOf } from '../../../runtime/storage/store-id.ts'

const [old, fresh] = [storeIdOf('01OLD'), storeIdOf('02NEW')]
const entry: StoreEntry = {
  node: 'one',
  address: '',
  boot: 0,
  bootId: '',
  status: 'up',
  keyHash: 'h',
}

/** A cluster of one whose store has started three times. */
const before = arrived(firstTopology('c', old, entry), old, { ...entry, boot: 3, bootId: 'b3' })

t.test('renamed() puts the new store in every place of the old one', async (t) => {
  const after = renamed(before, fresh, entry)
  t.notMatch(JSON.stringify(after), old)
  t.equal(after.revision, before.revision + 1)
  t.match(after, { clusterId: 'c', voters: [fresh], coordinator: { store: fresh, boot: 0 } })
  t.same(Object.keys(after.stores), [fresh])
  for (const row of after.shards) t.match(row, { leader: fresh, leaderBoot: 0, epoch: 2 })
})

t.test('the first start of the new store takes epochs that were never used', async (t) => {
  const started = arrived(renamed(before, fresh, entry), fresh, { ...entry, boot: 1, bootId: 'n1' })
  for (const row of started.shards) {
    t.match(row, { leader: fresh, leaderBoot: 1, epoch: 3, status: 'recovering' })
  }
})

t.test('renamed() refuses one store of several: the others know better', async (t) => {
  const two = { ...before, stores: { ...before.stores, [storeIdOf('03X')]: entry } }
  t.throws(() => renamed(two, fresh, entry), {
    code: 'FAILED_PRECONDITION',
    message: 'Cannot restore one store of 2: join the cluster with an empty directory',
  })
})
