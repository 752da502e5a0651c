import t from 'tap'
import type { ToSlots } from '../../../actors/assignment/messages.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import { blobIn } from '../../../actors/output/transcript.ts'
import { NodeBench, type BenchOptions } from '../node-of.ts'

function benchOf(options: BenchOptions = {}): NodeBench {
  return new NodeBench(options).start()
}

const WANTED: ToSlots = {
  type: 'wanted',
  sorts: [{ kind: 'shell', requires: [], priority: 5 }],
}

t.test('whatever handler fails, and when, each task ends once and nothing is left', async (t) => {
  const acts = [
    ...['start', 'list', 'forget'],
    ...['wanted', 'assign', 'renewed', 'answered', 'end'].map((type) => `say ${type}`),
    ...['credit', 'started', 'finished', 'renew'].map((type) => `say ${type}`),
  ]
  for (const act of acts) {
    for (const when of ['before', 'after'] as const) {
      const bench = benchOf()
      const early = bench.submit({ argv: ['ok', '12000'] })
      bench.failAt(act, when)
      const ids = [
        early,
        bench.submit({ argv: ['ok', '300'] }),
        bench.submit({ argv: ['fail', '1'] }),
      ]
      bench.advance(1_000)
      if (act === 'list') bench.holder.crash()
      const cancelled = bench.submit({ argv: ['endless'] })
      bench.advance(500)
      bench.act('cancel', cancelled)
      bench.advance(60_000)
      const states = ids.map((id) => bench.task(id).state)
      t.same(states, ['completed', 'completed', 'failed'], `${act}, ${when}`)
      t.match(bench.task(cancelled).state, 'cancelled', `${act}, ${when}`)
      t.same(bench.holder.held(), [], `${act}, ${when}`)
      t.equal(bench.node.busyCount, 0, `${act}, ${when}`)
      t.equal(bench.failures.length, 1, `${act}, ${when}`)
      t.same(bench.alarms, [], `${act}, ${when}`)
    }
  }
})

t.test('slots that fail find what runs, and start nothing twice', async (t) => {
  const bench = benchOf({ slots: 3 })
  const ids = [bench.submit({ argv: ['ok', '20000'] }), bench.submit({ argv: ['endless'] })]
  bench.advance(100)
  t.equal(bench.node.busyCount, 2)
  bench.failAt('say renew', 'before').advance(10_000)
  t.same(bench.failures, ['slots'])
  t.equal(bench.node.busyCount, 2)
  bench.advance(15_000)
  t.same(
    ids.map((id) => [bench.task(id).state, bench.task(id).attempt]),
    [
      ['completed', 1],
      ['executing', 1],
    ],
  )
  t.ok([...bench.holder.startCounts.values()].every((count) => count === 1))
})

t.test('an assignment that comes while slots recover is never doubled', async (t) => {
  const bench = benchOf({ played: 'exchange' })
  bench.tellSlots(WANTED)
  const credit = bench.saidOf('credit')[0]?.credit ?? -1
  const token = { task: `t00-${'0'.repeat(26)}`, attempt: 1 }
  const spec = parseSpec({ argv: ['endless'] })
  const more = { startToCloseMs: 60_000, leashMs: 'unlimited' } as const
  const assign = { type: 'assign', credit, boot: 1, token, spec, ...more } as const
  bench.tellSlots(assign)
  bench.failAt('say renew', 'before').advance(10_000)
  t.same(bench.failures, ['slots'])
  bench.said()
  bench.tellSlots({ ...assign, credit: 0 }, 0)
  const old = { ...assign, token: { ...token, attempt: 2 } }
  bench.tellSlots(old, 1_000)
  const lost = bench.saidOf('lost')
  t.same(
    lost.map((each) => each.token),
    [old.token],
    'what runs is left alone, an old credit is of no use',
  )
  t.equal(bench.holder.startCounts.get(`${token.task}.1`), 1)
})

t.test('numbers of an earlier life of the slots are not used again', async (t) => {
  const bench = benchOf({ played: 'exchange' })
  bench.tellSlots(WANTED)
  const before = bench.saidOf('credit').map(({ credit }) => credit)
  bench.failAt('say renew', 'before').advance(11_000)
  const said = bench.said()
  bench.tellSlots(WANTED)
  const after = bench.saidOf('credit').map(({ credit }) => credit)
  t.ok(Math.min(...after) > Math.max(...before), `${after} after ${before}`)
  const sequences = said.flatMap((each) => (each.type === 'renew' ? [each.sequence] : []))
  t.ok(sequences.length > 0 && sequences.every((sequence) => sequence > 1), String(sequences))
})

t.test('a worker that fails takes no other slot along', async (t) => {
  const bench = benchOf({ slots: 2 })
  const other = bench.submit({ argv: ['ok', '5000'] })
  bench.advance(100)
  bench.failAt('say started', 'before')
  const id = bench.submit({ argv: ['ok', '2000'] })
  bench.advance(1_000)
  t.equal(bench.failures.length, 1)
  t.match(bench.failures[0], /^slots\/t..-/)
  t.match(bench.task(id), { state: 'executing', attempt: 1 }, 'the holder said that it runs')
  bench.advance(10_000)
  t.same([bench.task(id).state, bench.task(other).state], ['completed', 'completed'])
  t.same([bench.task(id).attempt, bench.task(other).attempt], [1, 1])
})

t.test('a worker that failed before it started anything gives its task back', async (t) => {
  const bench = benchOf()
  bench.failAt('start', 'before')
  const id = bench.submit()
  bench.advance(5_000)
  t.match(bench.task(id), { state: 'completed', attempt: 2, retriesUsed: 0 })
})

t.test('a node that drains still drains after its slots failed', async (t) => {
  const bench = benchOf({ played: 'exchange' })
  bench.node.drain()
  bench.failAt('say renew', 'before').advance(11_000)
  bench.said()
  bench.tellSlots(WANTED)
  t.same(bench.saidOf('credit'), [])
})

t.test('an exchange that fails again and again is not given up', async (t) => {
  const bench = benchOf()
  for (let count = 0; count < 6; count++) {
    bench.failAt('say wanted', 'before')
    bench.submit({ argv: ['ok', '10'], requires: [`never-${count}`] })
    bench.advance(2_000)
  }
  t.equal(bench.failures.length, 6)
  const id = bench.submit()
  bench.advance(15_000)
  t.equal(bench.task(id).state, 'completed')
  t.match(bench.alarms, [{ message: /^Cannot start "exchange" again: it ended more than 5 times/ }])
})

t.test('a disk that takes no blob holds up the record, and costs nothing', async (t) => {
  const bench = new NodeBench().start()
  bench.blobsFull = true
  const id = bench.submit({ argv: ['loud'] })
  bench.advance(5_000)
  t.equal(bench.task(id).state, 'executing', 'its end is not said yet')
  t.match(bench.holder.held(), [{ type: 'exited', key: { task: id } }])
  bench.restart()
  bench.advance(5_000)
  t.equal(bench.task(id).state, 'executing', 'nor after a crash')
  bench.blobsFull = false
  bench.advance(2_000)
  const hash = blobIn(bench.task(id).attempts[0]?.outcome?.transcript)?.hash ?? ''
  t.ok(bench.blobs.has(hash))
  t.equal(bench.task(id).state, 'completed')
  t.same(bench.holder.held(), [])
})

t.test('output that is gone before anything has named it holds up nothing', async (t) => {
  const bench = new NodeBench().start()
  bench.blobsFull = true
  const id = bench.submit({ argv: ['loud'] })
  bench.advance(1_000)
  bench.lostFiles.add(`${id}.1`)
  bench.blobsFull = false
  bench.advance(2_000)
  t.match(bench.task(id), { state: 'completed' })
  t.equal(bench.task(id).attempts[0]?.outcome?.transcript, undefined)
})
