import t from 'tap'
import type { RuntimeError } from '../../../runtime/errors.ts'
import { MARKERS, markerKey, SEQUENCE_KEY } from '../../../runtime/storage/markers.ts'
import { GROUP_OPS_MAX, SafeStore, WATER_DELAY_MS } from '../../../runtime/storage/safe-store.ts'
import { Disk, put } from './store-of.ts'

const del = (key: string) => ({ type: 'delete', key }) as const
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString()

t.test('all who write while one write is under way share the next one, in order', async (t) => {
  const disk = new Disk()
  const store = disk.opened()
  const said: string[] = []
  for (let n = 0; n < 50; n++) store.write([put('last', String(n))], () => said.push(`${n}`))
  t.same(said, [], 'nothing is said before write returns')
  disk.clock.advance(1)
  t.same(said, ['0'])
  disk.clock.advance(1)
  t.same(
    said,
    Array.from({ length: 50 }, (_, n) => `${n}`),
  )
  t.equal(store.metrics().groups, 2, 'one fsync for the first, one for the other 49')
  t.equal(text(store.get('last')), '49')
})

t.test('a read sees what was acknowledged, and nothing that is only asked for', async (t) => {
  const disk = new Disk()
  const store = disk.opened()
  store.write([put('a', '1')])
  t.equal(store.get('a'), undefined)
  disk.clock.advance(1)
  t.equal(text(store.get('a')), '1')
  store.write([del('a')])
  t.equal(text(store.get('a')), '1')
  disk.clock.advance(1)
  t.equal(store.get('a'), undefined)
})

t.test('a commit group has a bound; one batch that is larger goes alone', async (t) => {
  const disk = new Disk()
  const store = disk.opened()
  const batch = Array.from({ length: GROUP_OPS_MAX / 2 + 1 }, (_, n) => put(`k${n}`))
  const huge = Array.from({ length: GROUP_OPS_MAX + 1 }, (_, n) => put(`h${n}`))
  for (const ops of [[put('first')], batch, batch, huge]) store.write(ops)
  disk.clock.advance(10)
  t.equal(store.metrics().groups, 4)
})

t.test('what a done asks for joins the next group', async (t) => {
  const disk = new Disk()
  const store = disk.opened()
  let second = false
  store.write([put('a')], () => store.write([put('b')], () => (second = true)))
  disk.clock.advance(2)
  t.ok(second)
})

t.test('a failed write is unknown: all in flight and all later ones fail, once told', async (t) => {
  const disk = new Disk()
  const store = disk.opened()
  const said: unknown[] = []
  const done = (error?: RuntimeError): void => void said.push(error?.code)
  disk.engine.failNext()
  store.write([put('a')], done)
  store.write([put('b')], done)
  disk.clock.advance(1)
  store.write([put('c')], done)
  t.same(said, ['STORE_FAILED', 'STORE_FAILED'], 'never before write returns')
  disk.clock.advance(1)
  t.same(said, ['STORE_FAILED', 'STORE_FAILED', 'STORE_FAILED'])
  t.match(disk.failures, [{ code: 'STORE_FAILED' }])
})

t.test('after a crash everything acknowledged is there, the rest as a prefix', async (t) => {
  const disk = new Disk({ kept: (count) => Math.min(1, count) })
  const store = disk.opened()
  disk.fill(store, 3)
  store.write([put('unknown')])
  store.write([put('never')])
  const again = disk.opened()
  t.equal(text(again.get('k2')), 'k2')
  t.equal(text(again.get('unknown')), 'unknown', 'asked for and not acknowledged: either way')
  t.equal(again.get('never'), undefined, 'never handed to the disk')
})

t.test('a hole is found at open, with the batches that are lost', async (t) => {
  const disk = new Disk()
  disk.fill(disk.opened(), 20)
  const image = new Map(disk.engine.image())
  for (const batch of [7, 8, 9, 14]) image.delete(markerKey(batch))
  disk.engine.restore(image)
  const refused = disk.open()
  t.match(refused, { code: 'STORE_CORRUPT', details: { lost: '7 to 9, 14', count: 4 } })
  t.match(refused, { message: 'Cannot open the "hot" database: batches 7 to 9, 14 are lost' })
})

t.test('a lost tail is found at open by the mark outside, however short it is', async (t) => {
  for (const lost of [1, 5]) {
    const disk = new Disk()
    const store = disk.opened()
    disk.fill(store, 20 - lost)
    const before = disk.engine.image()
    disk.fill(store, lost)
    disk.engine.restore(before)
    const range = lost === 1 ? '20' : '16 to 20'
    t.match(disk.open(), { code: 'STORE_CORRUPT', details: { lost: range, count: lost } })
  }
})

t.test('a database that is emptied behind its mark is found', async (t) => {
  const disk = new Disk()
  disk.fill(disk.opened(), 5)
  disk.engine.restore(new Map())
  t.match(disk.open(), { code: 'STORE_CORRUPT', details: { lost: '1 to 5' } })
})

t.test(
  'a second after a commit its mark survives a loss of power, also when all is quiet',
  async (t) => {
    const disk = new Disk()
    const store = disk.opened()
    const before = disk.engine.image()
    disk.fill(store, 3)
    disk.water.losePower()
    t.equal(disk.water.read()?.sequence, 0, 'not yet')
    disk.fill(store, 3)
    disk.clock.advance(WATER_DELAY_MS)
    disk.water.losePower()
    t.equal(disk.water.read()?.sequence, 6)
    disk.engine.restore(before)
    t.match(disk.open(), { code: 'STORE_CORRUPT' })
  },
)

t.test('holes are found across the place where markers start over', async (t) => {
  const disk = new Disk({ delayMs: () => 0 })
  const first = disk.opened()
  const batches = MARKERS - 5
  for (let n = 0; n < batches; n++) {
    first.write([])
    disk.clock.advance(0)
  }
  const second = disk.opened()
  disk.fill(second, 20)
  t.ok(disk.open() instanceof SafeStore, 'older markers under the same keys are no holes')
  disk.fill(disk.opened(), 20)
  const image = new Map(disk.engine.image())
  image.delete(markerKey(batches + 22))
  disk.engine.restore(image)
  t.match(disk.open(), { code: 'STORE_CORRUPT', details: { lost: String(batches + 22) } })
})

t.test('rotten bytes are never served: get and scan name the key', async (t) => {
  const disk = new Disk()
  const store = disk.opened()
  disk.fill(store, 5)
  disk.engine.rot('k3')
  t.throws(() => store.get('k3'), { code: 'STORE_CORRUPT', details: { key: 'k3' } })
  const seen: string[] = []
  let ended: unknown
  store.scan(
    { gte: 'k', lt: 'l' },
    (key) => void seen.push(key),
    (error) => (ended = error),
  )
  disk.clock.advance(1)
  t.same(seen, ['k0', 'k1', 'k2'])
  t.match(ended, { code: 'STORE_CORRUPT', details: { key: 'k3' } })
})

t.test('a rotten number of the last batch refuses the store', async (t) => {
  const disk = new Disk()
  disk.fill(disk.opened(), 3)
  disk.engine.rot(SEQUENCE_KEY)
  t.match(disk.open(), { code: 'STORE_CORRUPT', details: { key: SEQUENCE_KEY } })
})

t.test('a snapshot stays as it was, and is checked too', async (t) => {
  const disk = new Disk()
  const store = disk.opened()
  disk.fill(store, 2)
  const snapshot = store.snapshot()
  store.write([put('k0', 'newer')])
  disk.clock.advance(1)
  const seen: (string | undefined)[] = []
  snapshot.scan(
    { gte: 'k', lt: 'l' },
    (_key, value) => void seen.push(text(value)),
    () => undefined,
  )
  disk.clock.advance(1)
  t.same(seen, ['k0', 'k1'])
})

t.test(
  'close() writes what was asked for, and refuses what comes after without an alarm',
  async (t) => {
    const disk = new Disk()
    const store = disk.opened()
    const said: string[] = []
    store.write([put('a')], () => said.push('a'))
    store.write([put('b')], () => said.push('b'))
    store.close((error) => said.push(`closed ${error?.code ?? 'well'}`))
    store.write([put('c')], (error) => said.push(`c ${error?.code}`))
    disk.clock.advance(2_000)
    t.same(said, ['a', 'b', 'c undefined', 'closed well'], 'c was asked for in time, too')
    store.write([put('d')], (error) => said.push(`d ${error?.code}`))
    disk.clock.advance(2_000)
    t.equal(said.at(-1), 'd STORE_FAILED')
    t.same(disk.failures, [])
    t.equal(disk.water.read()?.sequence, 2)
  },
)

t.test('metrics() counts groups, bytes, and what was slow', async (t) => {
  const delays = [1, 150, 1]
  const disk = new Disk({ delayMs: () => delays.shift() ?? 1 })
  const store = disk.opened()
  for (const key of ['a', 'b', 'c']) {
    store.write([put(key, '12345')])
    disk.clock.advance(200)
  }
  const metrics = store.metrics()
  t.match(metrics, { groups: 3, ops: 9, slowWrites: 1, slowReads: 0 })
  t.equal(metrics.p99Ms, 1)
  t.equal(metrics.p50Ms, 1)
})
