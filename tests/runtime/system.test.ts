import t from 'tap'
import { SHARD_COUNT } from '../../runtime/authority/topology.ts'
import { STEADY_MS } from '../../runtime/scheduling/clock-guard.ts'
import type { Answered } from '../../runtime/shard/machine.ts'
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

t.test('what is committed after a stop is in the log, and is read back once', async (t) => {
  const bench = new Bench(sumMachine)
  const system = bench.start()
  bench.ask(system, 7, { type: 'add', id: 'a', amount: 3 })
  bench.ask(system, 7, { type: 'add', id: 'a', amount: 4 }, 0.1)
  let stopped = false
  system.shards.stop(() => {
    stopped = true
  })
  bench.clock.advance(1_000)
  t.ok(stopped)
  t.match(bench.ask(system, 7, { type: 'read', id: 'a' }), { code: 'NOT_LEADER' })
  bench.crash()
  t.match(bench.ask(bench.start(), 7, { type: 'read', id: 'a' }), { reply: 7 })
})

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

t.test(
  'in doubt of the clock nothing is led; after, in a new epoch, nothing is missing',
  async (t) => {
    const bench = new Bench(sumMachine)
    const system = bench.start()
    bench.ask(system, 7, { type: 'add', id: 'a', amount: 3 })
    bench.clock.wallSkewMs = 3_600_000
    const refused = bench.ask(system, 7, { type: 'add', id: 'a', amount: 1 })
    t.match(refused, { code: 'NOT_LEADER', message: /the wall clock was set/ })
    t.equal(system.shards.activeCount, 0)
    t.equal(system.clockGuard.believed, false)
    bench.clock.advance(STEADY_MS + 500)
    t.equal(system.shards.activeCount, SHARD_COUNT)
    const added = { type: 'add', id: 'a', amount: 1 } as const
    t.match(bench.ask(system, 7, added), { reply: 4, at: { epoch: 3 } })
    t.same(bench.alarms, [])
  },
)

t.test('a shard that is given up at any moment keeps all that was answered', async (t) => {
  for (let jumpMs = 1; jumpMs < 400; jumpMs += 2) {
    const bench = new Bench(sumMachine)
    const system = bench.start()
    const sums = new Map<string, number>()
    bench.clock.after(jumpMs, () => {
      bench.clock.wallSkewMs = -60_000
    })
    for (let count = 0; count < 60; count++) {
      const id = count % 6 === 0 ? `done${count}` : 'live'
      const amount = count % 6 === 0 ? 100 : 1
      const answered = bench.ask(system, 5, { type: 'add', id, amount }, 7)
      if (answered && 'reply' in answered) sums.set(id, (sums.get(id) ?? 0) + amount)
    }
    bench.clock.advance(STEADY_MS + 500)
    if (jumpMs % 4 === 1) bench.crash()
    const after = bench.alive ? system : bench.start()
    for (const [id, sum] of sums) {
      const answered = bench.ask(after, 5, { type: 'read', id }) as Answered
      t.ok(Number(answered.reply) >= sum, `${id} after a jump at ${jumpMs} ms`)
    }
    t.same(bench.alarms, [])
  }
})

t.test(
  'a row that leaves history is gone from both databases, whatever step the program dies at',
  async (t) => {
    let survived = 0
    for (let steps = 1; survived < 3; steps++) {
      const bench = new Bench(sumMachine)
      const first = bench.start()
      bench.ask(first, 5, { type: 'add', id: 'done', amount: 100 }, 500)
      bench.stepsLeft = steps
      const late = bench.clock.monotonicMs() + 3_000
      first.shards.command(5, { type: 'add', id: 'done', amount: 1 }, late, () => undefined)
      const answered: boolean[] = []
      first.shards.command(5, { type: 'remove', id: 'done' }, late, (answer) => {
        answered.push(!(answer instanceof Error))
      })
      bench.clock.advance(500)
      if (bench.alive) survived += 1
      bench.stepsLeft = Infinity
      bench.crash()
      const second = bench.start()
      const why = `dead after ${steps} steps`
      if (answered.includes(true))
        t.match(bench.ask(second, 5, { type: 'read', id: 'done' }), { reply: 0 }, why)
      bench.ask(second, 5, { type: 'remove', id: 'done' }, 500)
      t.match(bench.ask(second, 5, { type: 'read', id: 'done' }), { reply: 0 }, why)
      bench.ask(second, 5, { type: 'add', id: 'other', amount: 1 }, 500)
      const left = [...bench.cold.image().keys(), ...bench.hot.image().keys()]
      t.same(
        left.filter((key) => /^[hu]\/05|^s\/05\/g/.test(key)),
        [],
        why,
      )
      t.same(bench.alarms, [], why)
    }
  },
)
