import t from 'tap'
import { SHARD_COUNT } from '../../runtime/authority/topology.ts'
import { Bench, sumMachine } from './system-of.ts'

t.test('a first start leads all shards, in an epoch of its own', async (t) => {
  const bench = new Bench(sumMachine)
  const system = bench.start()
  t.equal(system.shards.activeCount, SHARD_COUNT)
  t.ok(system.topology?.shards.every((row) => row.status === 'active' && row.epoch === 2))
  t.same(bench.alarms, [])
})

t.test('an answer comes with a receipt, and what it says survives a crash', async (t) => {
  const bench = new Bench(sumMachine)
  const first = bench.start()
  t.match(bench.ask(first, 7, { type: 'add', id: 'a', amount: 3 }), {
    reply: 3,
    at: { shard: 7, epoch: 2 },
  })
  bench.crash()
  const second = bench.start()
  t.match(bench.ask(second, 7, { type: 'read', id: 'a' }), { reply: 3, at: { epoch: 3 } })
  t.equal(second.shards.activeCount, SHARD_COUNT)
})

t.test(
  'nothing is answered that was not on disk: cut off before the write is done, it is gone',
  async (t) => {
    const bench = new Bench(sumMachine)
    const system = bench.start()
    t.equal(bench.ask(system, 7, { type: 'add', id: 'a', amount: 3 }, 0.1), undefined)
    bench.crash()
    t.match(bench.ask(bench.start(), 7, { type: 'read', id: 'a' }), { reply: 0 })
  },
)

t.test('a read waits for the tail it was decided on', async (t) => {
  const bench = new Bench(sumMachine)
  const system = bench.start()
  const order: string[] = []
  const late = bench.clock.monotonicMs() + 3_000
  system.shards.command(1, { type: 'add', id: 'a', amount: 1 }, late, () => order.push('add'))
  system.shards.command(1, { type: 'read', id: 'a' }, late, () => order.push('read'))
  t.same(order, [])
  bench.clock.advance(50)
  t.same(order, ['add', 'read'])
})

t.test(
  'rows go to disk, the log before them is dropped, and finished ones move to history',
  async (t) => {
    const bench = new Bench(sumMachine)
    const system = bench.start()
    for (let count = 0; count < 30; count++)
      bench.ask(system, 5, { type: 'add', id: 'live', amount: 1 }, 1)
    bench.ask(system, 5, { type: 'add', id: 'done', amount: 100 })
    bench.clock.advance(1_000)
    const keys = (prefix: string): string[] =>
      [...bench.hot.image().keys(), ...bench.cold.image().keys()].filter((key) =>
        key.startsWith(prefix),
      )
    t.same(keys('s/05/l/'), [], 'the log is in the rows now')
    t.same(keys('s/05/r/'), ['s/05/r/sum/live'])
    t.same(keys('h/05/'), ['h/05/sum/done'])
    t.equal(keys('u/05/').length, 1)
    bench.crash()
    const again = bench.start()
    t.match(bench.ask(again, 5, { type: 'read', id: 'live' }), { reply: 30 })
    t.match(bench.ask(again, 5, { type: 'read', id: 'done' }), { reply: 100 })
  },
)

t.test('a command whose deadline has passed is not decided', async (t) => {
  const bench = new Bench(sumMachine)
  const system = bench.start()
  let result: unknown
  system.shards.command(1, { type: 'add', id: 'a', amount: 1 }, 0, (answer) => {
    result = answer
  })
  t.match(result, { code: 'DEADLINE_EXCEEDED' })
  t.match(bench.ask(system, 1, { type: 'read', id: 'a' }), { reply: 0 })
})

t.test(
  'a disk that fails leaves the outcome unknown, and nothing is acknowledged after',
  async (t) => {
    const bench = new Bench(sumMachine)
    const system = bench.start()
    bench.hot.failNext()
    const result = bench.ask(system, 1, { type: 'add', id: 'a', amount: 1 }, 4_000)
    t.match(result, { code: 'UNAVAILABLE', details: { outcome: 'unknown' } })
    t.match(bench.alarms, [{ code: 'STORE_FAILED' }])
    t.match(bench.ask(system, 1, { type: 'add', id: 'a', amount: 1 }, 4_000), {
      code: 'UNAVAILABLE',
    })
  },
)
