import t from 'tap'
import { majority, SHARD_COUNT, type StoreEntry } from '../../../runtime/authority/topology.ts'
import { arrived, returned } from '../../../runtime/placement/arrival.ts'
import { firstTopology } from '../../../runtime/placement/first-topology.ts'
import { storeIdOf } from '../../../runtime/storage/store-id.ts'

const [self, other] = [storeIdOf('01SELF'), storeIdOf('02OTHER')]

function entryOf(boot: number, bootId = `b${boot}`): StoreEntry {
  return { node: 'one', address: '', boot, bootId, status: 'up', keyHash: 'h' }
}

const first = firstTopology('c', self, entryOf(0))

t.test('firstTopology() is one store that is everything', async (t) => {
  t.match(first, {
    ...{ revision: 1, clusterId: 'c', voters: [self], coordinator: { store: self, term: 1 } },
    stores: { [self]: entryOf(0) },
  })
  t.equal(first.shards.length, SHARD_COUNT)
  for (const row of first.shards) {
    t.match(row, { epoch: 1, status: 'active', leader: self, replicas: [self], previous: [self] })
  }
})

t.test('arrived() takes a new epoch for each shard that the store led', async (t) => {
  const shards = first.shards.map((row, at) => (at < 10 ? { ...row, leader: other } : row))
  const topology = arrived({ ...first, shards }, self, entryOf(1))
  t.same(topology.stores[self], entryOf(1))
  t.match(topology.coordinator, { store: self, boot: 1, term: 2 })
  for (const [at, row] of topology.shards.entries()) {
    if (at < 10) t.same(row, shards[at])
    else t.match(row, { epoch: 2, status: 'recovering', leader: self, leaderBoot: 1 })
  }
  t.equal(first.shards[20]?.epoch, 1, 'the topology before is left as it was')
})

t.test('arrived() asked again changes nothing', async (t) => {
  const once = arrived(first, self, entryOf(1))
  t.equal(arrived(once, self, entryOf(1)), once)
})

t.test('arrived() leaves the coordinator to another that has it', async (t) => {
  const coordinator = { store: other, boot: 4, term: 9 }
  t.same(arrived({ ...first, coordinator }, self, entryOf(1)).coordinator, coordinator)
})

t.test('arrived() refuses an older copy of a disk, and a clone', async (t) => {
  const known = arrived(first, self, entryOf(5))
  for (const entry of [entryOf(4), entryOf(5, 'another start')]) {
    t.throws(() => arrived(known, self, entry), {
      ...{ code: 'FENCED', message: /it has started 5 times, this copy of it/ },
    })
  }
})

t.test('returned() leads again, in new epochs, what nobody has taken', async (t) => {
  const led = arrived(first, self, entryOf(1))
  const taken = led.shards.map((row, at) => (at === 3 ? { ...row, epoch: 7, leader: other } : row))
  const given = new Map(led.shards.map(({ epoch }, at) => [at, epoch]))
  const topology = returned({ ...led, shards: taken }, self, given)
  t.same(topology.shards[3], taken[3])
  t.match(topology.shards[4], { epoch: 3, status: 'recovering', leader: self, leaderBoot: 1 })
  t.equal(returned(topology, self, given), topology, 'once')
})

t.test('majority() is more than half', async (t) => {
  t.same([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3])
})
