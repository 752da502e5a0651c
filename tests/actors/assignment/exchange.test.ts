import t from 'tap'
import type { ToExchange, Token } from '../../../actors/assignment/messages.ts'
import { shardOfProject } from '../../../actors/task/task-id.ts'
import { NodeBench, type BenchOptions } from '../node-of.ts'

/** A node whose slots are played by the test. */
function exchangeOf(options: BenchOptions = {}): NodeBench {
  return new NodeBench({ played: 'slots', ...options }).start()
}

let credits = 0

function creditOf(more: Partial<Extract<ToExchange, { type: 'credit' }>> = {}): ToExchange {
  const credit = ++credits
  return {
    ...{ type: 'credit', credit, boot: 1, node: 'n1', kinds: ['shell'], labels: [], sentMs: 0 },
    ...more,
  }
}

let sequence = 0

function renewOf(held: readonly Token[], boot = 1): ToExchange {
  return { type: 'renew', sequence: ++sequence, boot, held }
}

/** A task that was given to a slot; the slot may not have said so yet. */
function assignedOf(bench: NodeBench, spec: object = {}): Token {
  bench.submit(spec)
  bench.said()
  bench.tellExchange(creditOf())
  const [assign] = bench.saidOf('assign')
  if (!assign) throw new Error('nothing was assigned')
  return assign.token
}

function startedOf(bench: NodeBench, spec: object = {}): Token {
  const token = assignedOf(bench, spec)
  bench.tellExchange({ type: 'started', token, boot: 1 })
  return token
}

t.test('says once what is wanted, and takes it back', async (t) => {
  const bench = exchangeOf()
  const id = bench.submit({ requires: ['gpu'], priority: 7 })
  const other = bench.submit({ requires: ['gpu'], priority: 7 })
  const sorts = [{ kind: 'shell', requires: ['gpu'], priority: 7 }]
  t.same(bench.saidOf('wanted').at(-1), { type: 'wanted', sorts })
  bench.act('pause', id)
  bench.advance(10)
  t.same(bench.saidOf('wanted'), [], 'another still wants the same')
  bench.act('cancel', other)
  bench.advance(10)
  t.same(bench.saidOf('wanted'), [{ type: 'wanted', sorts: [] }])
})

t.test('a credit gets the best task that fits it, committed before it is told', async (t) => {
  const bench = exchangeOf()
  bench.submit({ priority: 9, requires: ['gpu'] })
  bench.submit({ priority: 2 })
  const best = bench.submit({ priority: 8, timeouts: { startToCloseMs: 1_234 } })
  bench.said()
  const credit = creditOf({ node: 'n9' })
  bench.tellExchange(credit)
  t.match(bench.saidOf('assign'), [
    {
      ...{ token: { task: best, attempt: 1 }, boot: 1, startToCloseMs: 1_234 },
      ...{ credit: credit.type === 'credit' && credit.credit, leashMs: 'unlimited' },
    },
  ])
  bench.restart()
  t.match(bench.task(best), { state: 'assigned', attempts: [{ attempt: 1, node: 'n9' }] })
})

t.test('a credit that came with nothing to do serves what comes, while it lasts', async (t) => {
  for (const [afterMs, count] of [
    [300, 1],
    [500, 0],
  ] as const) {
    const bench = exchangeOf()
    bench.tellExchange(creditOf())
    bench.advance(afterMs - 50)
    bench.submit()
    bench.advance(50)
    t.equal(bench.saidOf('assign').length, count, `${afterMs} ms after it came`)
  }
})

t.test('a credit is used once, however often it is told while it lasts', async (t) => {
  const bench = exchangeOf()
  bench.submit()
  const credit = creditOf()
  bench.tellExchange(credit)
  t.equal(bench.saidOf('assign').length, 1)
  bench.tellExchange(credit)
  t.same(bench.saidOf('assign'), [], 'and there is nothing else to give')
})

t.test('what is left of the total timeout bounds an attempt', async (t) => {
  const bench = exchangeOf()
  bench.submit({ timeouts: { totalMs: 60_000, startToCloseMs: 50_000 } })
  bench.advance(20_000).said()
  bench.tellExchange(creditOf())
  const [assign] = bench.saidOf('assign')
  t.ok(assign && assign.startToCloseMs > 39_000 && assign.startToCloseMs <= 40_000)
})

t.test('a start is recorded once, and only of the current attempt', async (t) => {
  const bench = exchangeOf()
  const token = assignedOf(bench)
  bench.tellExchange({ type: 'started', token: { ...token, attempt: 2 }, boot: 1 })
  t.equal(bench.task(token.task).state, 'assigned')
  bench.tellExchange({ type: 'started', token, boot: 1 })
  const { version, state } = bench.task(token.task)
  t.equal(state, 'executing')
  bench.tellExchange({ type: 'started', token, boot: 1 })
  t.equal(bench.task(token.task).version, version)
})

t.test('a result is accepted once; told again it is stale', async (t) => {
  const bench = exchangeOf()
  const token = startedOf(bench)
  const finished = { type: 'finished', token, outcome: { class: 'ok', code: 0 } } as const
  bench.said()
  bench.tellExchange(finished).tellExchange(finished)
  t.same(
    bench.saidOf('answered').map(({ verdict }) => verdict),
    ['accepted', 'stale'],
  )
  t.match(bench.task(token.task), { state: 'completed', outcome: { code: 0 } })
})

t.test('a result counts though the word of its start was lost', async (t) => {
  const bench = exchangeOf()
  const token = assignedOf(bench)
  bench.tellExchange({ type: 'finished', token, outcome: { class: 'exit', code: 7 } })
  t.match(bench.task(token.task), { state: 'failed', reason: 'exit code 7' })
})

t.test('a result of an older attempt is kept as late, never as the result', async (t) => {
  const bench = exchangeOf()
  const token = startedOf(bench)
  bench.tellExchange({ type: 'lost', token, how: 'ended', why: 'its leash was over' })
  bench.tellExchange(creditOf())
  bench.said()
  bench.tellExchange({ type: 'finished', token, outcome: { class: 'ok', code: 0 } })
  t.match(bench.saidOf('answered'), [{ verdict: 'stale' }])
  t.match(bench.task(token.task), {
    ...{ state: 'assigned', attempt: 2 },
    lateResults: [{ attempt: 1, outcome: { class: 'ok' } }],
  })
})

t.test('a lost attempt is answered, and its task is given out again', async (t) => {
  const bench = exchangeOf()
  const token = assignedOf(bench)
  const lost = { type: 'lost', token, how: 'unstarted', why: 'its credit was over' } as const
  bench.tellExchange(lost).tellExchange(lost)
  t.same(
    bench.saidOf('answered').map(({ verdict }) => verdict),
    ['accepted', 'stale'],
  )
  bench.tellExchange(creditOf())
  t.match(bench.saidOf('assign'), [{ token: { ...token, attempt: 2 } }])
  t.equal(bench.task(token.task).retriesUsed, 0)
})

t.test('a cancelled attempt is told to end, and told again with each renewal', async (t) => {
  const bench = exchangeOf()
  const token = startedOf(bench)
  bench.said()
  bench.act('cancel', token.task)
  t.same(bench.saidOf('end'), [{ type: 'end', token, reason: 'cancelled' }])
  bench.tellExchange(renewOf([token]))
  t.same(bench.saidOf('end'), [{ type: 'end', token, reason: 'cancelled' }])
  bench.tellExchange({ type: 'finished', token, outcome: { class: 'cancelled', code: 130 } })
  t.match(bench.task(token.task), { state: 'cancelled' })
})

t.test('a task cancelled together with its assignment is never given out', async (t) => {
  const bench = exchangeOf()
  const id = bench.submit()
  bench.said()
  bench.tellExchange(creditOf(), 0)
  while (bench.decided(id)?.state !== 'assigned') bench.clock.step()
  bench.act('cancel', id)
  t.same(bench.saidOf('assign'), [])
  t.match(bench.task(id), { state: 'cancelled', attempt: 1 })
})

t.test('a project that is resumed is served at once', async (t) => {
  const bench = exchangeOf()
  bench.ask(shardOfProject('p'), { type: 'pauseProject', project: 'p', by: 'bob' })
  bench.submit()
  bench.tellExchange(creditOf())
  t.same(bench.saidOf('assign'), [])
  bench.ask(shardOfProject('p'), { type: 'resumeProject', project: 'p', by: 'bob' })
  bench.advance(10)
  t.equal(bench.saidOf('assign').length, 1)
})

t.test('a renewal keeps what is current, and ends what is not', async (t) => {
  const bench = exchangeOf()
  const token = startedOf(bench)
  bench.said()
  const stale = { ...token, attempt: 9 }
  const foreign = { task: 't63-00000000000000000000000000', attempt: 1 }
  bench.tellExchange(renewOf([token, stale, foreign]))
  t.match(bench.said(), [
    { type: 'end', token: stale, reason: 'stale' },
    { type: 'end', token: foreign, reason: 'stale' },
    { type: 'renewed', sequence, keep: [token], leashMs: 'unlimited' },
  ])
})

t.test('a renewal that names an attempt makes up for a lost word of its start', async (t) => {
  const bench = exchangeOf()
  const token = assignedOf(bench)
  bench.tellExchange(renewOf([token]))
  t.equal(bench.task(token.task).state, 'executing')
})

t.test('an assignment that a node does not name is told again, without a slot', async (t) => {
  const bench = exchangeOf()
  const token = assignedOf(bench)
  bench.said()
  bench.tellExchange(renewOf([]))
  t.match(bench.saidOf('assign'), [{ token, credit: 0, boot: 1 }])
  bench.tellExchange(renewOf([]))
  t.match(bench.saidOf('assign'), [{ token, credit: 0 }], 'until it is answered')
  bench.tellExchange({ type: 'lost', token, how: 'unstarted', why: 'its credit was over' })
  t.equal(bench.task(token.task).state, 'available')
})

t.test('what runs and is not named twice in a row is lost', async (t) => {
  const bench = exchangeOf()
  const token = startedOf(bench)
  bench.tellExchange(renewOf([]))
  t.equal(bench.task(token.task).state, 'executing', 'once may be a message on its way')
  bench.tellExchange(renewOf([token])).tellExchange(renewOf([]))
  t.equal(bench.task(token.task).state, 'executing', 'named in between')
  bench.tellExchange(renewOf([]))
  t.match(bench.task(token.task), {
    ...{ state: 'scheduled', retriesUsed: 1 },
    reason: 'retry 1 of 3 after lost: its node does not hold it',
  })
})

t.test('a renewal that comes late or doubled says nothing new', async (t) => {
  const bench = exchangeOf()
  const token = startedOf(bench)
  const [early, empty] = [renewOf([]), renewOf([])]
  for (const each of [empty, empty, early]) bench.tellExchange(each)
  t.equal(bench.task(token.task).state, 'executing')
  bench.tellExchange(renewOf([]))
  t.equal(bench.task(token.task).state, 'scheduled', 'the second that was sent')
})

t.test(
  'what a node held before it started again, and does not name, is lost at once',
  async (t) => {
    for (const [given, state, retriesUsed] of [
      [assignedOf, 'available', 0],
      [startedOf, 'scheduled', 1],
    ] as const) {
      const bench = exchangeOf()
      const token = given(bench)
      bench.tellExchange(renewOf([], 2))
      t.match(bench.task(token.task), { state, retriesUsed })
    }
  },
)

t.test('what a node named before its shard was led again counts for that shard', async (t) => {
  const bench = exchangeOf()
  const [lost, held] = [assignedOf(bench), startedOf(bench)]
  bench.restart(0)
  t.equal(bench.node.system.shards.activeCount, 0)
  bench.tellExchange(renewOf([held], 2), 200)
  t.match(bench.task(lost.task), { state: 'available', retriesUsed: 0 })
  t.match(bench.task(held.task), { state: 'executing', attempt: 1 })
  t.same(bench.alarms, [])
})

t.test('a silent node loses its attempts when the last leash is over', async (t) => {
  const bench = exchangeOf({ work: { leashMs: 30_000 } })
  const token = startedOf(bench)
  bench.tellExchange(renewOf([token]))
  bench.advance(34_000)
  t.equal(bench.task(token.task).state, 'executing')
  bench.advance(2_100)
  t.match(bench.task(token.task), { state: 'scheduled', reason: /its node is silent/ })
})

t.test('with an unlimited leash silence means nothing', async (t) => {
  const bench = exchangeOf()
  const token = startedOf(bench)
  bench.advance(3_600_000)
  t.equal(bench.task(token.task).state, 'executing')
})

t.test('a new life of the leader waits a whole leash before it takes anything away', async (t) => {
  const bench = exchangeOf({ work: { leashMs: 30_000 } })
  const token = startedOf(bench)
  bench.advance(20_000)
  bench.restart()
  bench.advance(34_000)
  t.equal(bench.task(token.task).state, 'executing')
  bench.advance(2_100)
  t.equal(bench.task(token.task).state, 'scheduled')
})

t.test('the margin between leash and requeue is asserted at the start', async (t) => {
  t.throws(() => exchangeOf({ work: { leashMs: 30_000, requeueMs: 34_000 } }), /is over before/)
})

t.test('any order and any number of messages leaves one outcome', async (t) => {
  const bench = exchangeOf()
  const token = startedOf(bench)
  const ok = { type: 'finished', token, outcome: { class: 'ok', code: 0 } } as const
  const words: ToExchange[] = [
    { type: 'started', token, boot: 1 },
    ok,
    { type: 'lost', token, how: 'ended', why: 'late' },
    { ...ok, outcome: { class: 'exit', code: 1 } },
    renewOf([token]),
    { type: 'started', token: { ...token, attempt: 5 }, boot: 1 },
    { ...ok, token: { ...token, attempt: 5 } },
    renewOf([]),
  ]
  for (const word of words) bench.tellExchange(word)
  t.match(bench.task(token.task), { state: 'completed', attempt: 1, outcome: { code: 0 } })
  t.same(bench.alarms, [])
})
