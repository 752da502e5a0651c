import t from 'tap'
import type { ToExchange, ToSlots, Token } from '../../../actors/assignment/messages.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import { NodeBench, type BenchOptions } from '../node-of.ts'

/** A node whose exchange is played by the test. */
function slotsOf(options: BenchOptions = {}): NodeBench {
  return new NodeBench({ played: 'exchange', ...options }).start()
}

const SORT = { kind: 'shell', requires: [], priority: 5 }
const WANTED: ToSlots = { type: 'wanted', sorts: [SORT] }

let tasks = 0

function tokenOf(): Token {
  return { task: `t00-${String(++tasks).padStart(26, '0')}`, attempt: 1 }
}

type Assign = Extract<ToSlots, { type: 'assign' }>

function assignOf(credit: number, spec: object = {}, more: Partial<Assign> = {}): Assign {
  return {
    ...{ type: 'assign', credit, boot: 1, token: tokenOf() },
    spec: parseSpec({ argv: ['ok'], ...spec }),
    ...{ startToCloseMs: 60_000, leashMs: 'unlimited' },
    ...more,
  }
}

/** The number of a credit that was just given for something that is wanted. */
function creditAt(bench: NodeBench): number {
  bench.tellSlots({ type: 'wanted', sorts: [] }).advance(600).said()
  bench.tellSlots(WANTED)
  return bench.saidOf('credit')[0]?.credit ?? -1
}

/** Something that runs here. */
function runningOf(bench: NodeBench, spec: object = {}, more: Partial<Assign> = {}): Token {
  const assign = assignOf(creditAt(bench), { argv: ['endless'], ...spec }, more)
  bench.tellSlots(assign)
  return assign.token
}

function keyOf({ task, attempt }: Token): string {
  return `${task}.${attempt}`
}

function endsOf(said: readonly (ToSlots | ToExchange)[]): readonly (ToSlots | ToExchange)[] {
  return said.filter(({ type }) => type === 'finished' || type === 'lost')
}

t.test('each free slot is offered once, with what it is', async (t) => {
  const bench = slotsOf({ slots: 2, labels: ['gpu'] })
  bench.said()
  bench.tellSlots(WANTED)
  const credit = { type: 'credit', boot: 1, node: 'n1', kinds: ['shell'], labels: ['gpu'] }
  t.match(bench.saidOf('credit'), [
    { ...credit, credit: 1 },
    { ...credit, credit: 2 },
  ])
  bench.tellSlots(WANTED)
  t.same(bench.saidOf('credit'), [], 'both slots are promised')
})

t.test('what does not fit is not offered for', async (t) => {
  const bench = slotsOf({ labels: ['gpu'] })
  bench.said()
  for (const sort of [
    { ...SORT, requires: ['gpu', 'zone=eu'] },
    { ...SORT, kind: 'agent' },
  ]) {
    bench.tellSlots({ type: 'wanted', sorts: [sort] })
    t.same(bench.saidOf('credit'), [], JSON.stringify(sort))
  }
})

t.test('an unused credit is over after 500 ms, and given again while work is wanted', async (t) => {
  const bench = slotsOf({ slots: 1 })
  bench.said()
  bench.tellSlots(WANTED).advance(400)
  t.equal(bench.saidOf('credit').length, 1)
  bench.advance(100)
  t.match(bench.saidOf('credit'), [{ credit: 2 }])
  bench.tellSlots({ type: 'wanted', sorts: [] }).advance(10_000)
  t.same(bench.saidOf('credit'), [], 'nothing is polled')
})

t.test('an assignment runs with what its spec says, and says when it has started', async (t) => {
  const bench = slotsOf()
  const spec = { env: { OWN: '1' }, terminal: { cols: 80, rows: 24 } }
  const token = runningOf(bench, spec)
  t.match(bench.saidOf('started'), [{ token, boot: 1 }])
  t.match(bench.starts, [
    {
      ...{ key: token, argv: ['endless'], cols: 80, rows: 24, cwd: undefined },
      env: { OWN: '1', ARCHITECT_TASK: token.task, ARCHITECT_ATTEMPT_NUMBER: '1' },
    },
  ])
})

t.test(
  'its end is told until it is answered; then it is forgotten, and the slot free',
  async (t) => {
    const bench = slotsOf({ slots: 1 })
    const assign = assignOf(creditAt(bench), { argv: ['fail', '50'] })
    bench.tellSlots(assign).said()
    bench.advance(2_500)
    const finished = { type: 'finished', token: assign.token, outcome: { class: 'exit', code: 3 } }
    t.match(endsOf(bench.said()), [finished, finished, finished])
    t.equal(bench.node.busyCount, 1)
    bench.tellSlots({ type: 'answered', token: assign.token, verdict: 'accepted' })
    t.equal(bench.node.busyCount, 0)
    t.same(bench.holder.held(), [])
    bench.advance(5_000)
    t.same(endsOf(bench.said()), [])
  },
)

t.test('an answer to nothing that was reported changes nothing', async (t) => {
  const bench = slotsOf()
  const token = runningOf(bench)
  bench.tellSlots({ type: 'answered', token, verdict: 'stale' })
  bench.tellSlots({ type: 'answered', token: tokenOf(), verdict: 'stale' })
  t.equal(bench.node.busyCount, 1)
})

t.test('an assignment that has no slot is given back, unstarted', async (t) => {
  const cases: readonly [string, (bench: NodeBench) => number][] = [
    ['an unknown credit', () => 999],
    ['a repeated assignment', () => 0],
    [
      'a credit that is over',
      (bench) => {
        const credit = creditAt(bench)
        bench.tellSlots({ type: 'wanted', sorts: [] }).advance(600)
        return credit
      },
    ],
    [
      'a credit taken back by a drain',
      (bench) => {
        const credit = creditAt(bench)
        bench.node.drain()
        return credit
      },
    ],
    [
      'a credit taken back because the holder died',
      (bench) => {
        const credit = creditAt(bench)
        bench.holder.crash()
        bench.advance(1)
        return credit
      },
    ],
  ]
  for (const [name, credit] of cases) {
    const bench = slotsOf()
    const assign = assignOf(credit(bench))
    bench.said()
    bench.tellSlots(assign)
    t.match(endsOf(bench.said()), [{ type: 'lost', token: assign.token, how: 'unstarted' }], name)
    t.same(bench.holder.running(), [], name)
  }
})

t.test('what was given back is not started when it comes again with a credit', async (t) => {
  const bench = slotsOf()
  const assign = assignOf(creditAt(bench))
  bench.tellSlots({ ...assign, credit: 0 }).said()
  bench.tellSlots(assign)
  t.match(bench.said(), [{ type: 'lost', how: 'unstarted', token: assign.token }])
  t.same(bench.holder.running(), [])
})

t.test('an assignment is accepted once, and one for another start never', async (t) => {
  const bench = slotsOf()
  const credit = creditAt(bench)
  const assign = assignOf(credit, { argv: ['endless'] })
  bench.tellSlots(assign).said()
  bench.tellSlots(assign)
  bench.tellSlots({ ...assign, credit: 0 })
  bench.tellSlots({ ...assign, boot: 0, token: tokenOf() })
  t.same(bench.said(), [], 'a duplicate is ignored, never refused')
  t.equal(bench.holder.startCounts.get(keyOf(assign.token)), 1)
})

t.test('an assignment that comes again after its end starts nothing', async (t) => {
  const bench = slotsOf()
  const assign = assignOf(creditAt(bench), { argv: ['ok', '10'] })
  bench.tellSlots(assign)
  bench.tellSlots({ type: 'answered', token: assign.token, verdict: 'accepted' })
  bench.said()
  bench.tellSlots({ ...assign, credit: creditAt(bench) })
  t.same(endsOf(bench.said()), [])
  t.equal(bench.holder.startCounts.get(keyOf(assign.token)), 1)
})

t.test('how an attempt ended decides what is said of it', async (t) => {
  const cases: readonly [string, object, object][] = [
    ['it exits with 0', { argv: ['ok', '10'] }, { outcome: { class: 'ok', code: 0 } }],
    ['it exits with 3', { argv: ['fail', '10'] }, { outcome: { class: 'exit', code: 3 } }],
    [
      'a signal kills it',
      { argv: ['segfault', '10'] },
      { outcome: { class: 'crash', signal: 'SIGSEGV' } },
    ],
    [
      'its directory is missing',
      { argv: ['nowhere'] },
      { outcome: { class: 'invalid', message: /no such directory/ } },
    ],
  ]
  for (const [name, spec, report] of cases) {
    const bench = slotsOf()
    bench.tellSlots(assignOf(creditAt(bench), spec)).advance(200)
    t.match(endsOf(bench.said())[0], { type: 'finished', ...report }, name)
  }
})

t.test('an attempt is ended when it was asked to, or at its deadline', async (t) => {
  const bench = slotsOf()
  const cancelled = runningOf(bench)
  bench.tellSlots({ type: 'end', token: cancelled, reason: 'cancelled' }).advance(200)
  t.match(endsOf(bench.said())[0], { token: cancelled, outcome: { class: 'cancelled' } })
  bench.tellSlots({ type: 'answered', token: cancelled, verdict: 'accepted' })
  const late = runningOf(bench, {}, { startToCloseMs: 1_000 })
  bench.said()
  bench.advance(900)
  t.same(endsOf(bench.said()), [])
  bench.advance(300)
  t.match(endsOf(bench.said())[0], { token: late, outcome: { class: 'timeout' } })
  t.same(bench.ends.at(-1), { key: late, reason: 'timed-out' }, 'the node watches it too')
  bench.tellSlots({ type: 'answered', token: late, verdict: 'accepted' })
  bench.tellSlots({ type: 'end', token: tokenOf(), reason: 'stale' }).advance(2_000)
  t.same(endsOf(bench.said()), [], 'what is not held cannot end')
})

t.test('a leash counts from when the credit was sent, then from each renewal', async (t) => {
  const bench = slotsOf({ work: { leashMs: 30_000, renewMs: 10_000 } })
  const credit = creditAt(bench)
  bench.advance(300)
  const assign = assignOf(credit, { argv: ['endless'] }, { leashMs: 30_000 })
  bench.tellSlots(assign)
  const leash = (): number => {
    const [held] = bench.holder.held()
    const until = held?.type === 'running' && held.leash !== 'unlimited' ? held.leash.untilMs : 0
    return until - bench.holder.nowMs()
  }
  t.ok(leash() < 30_000 - 390, 'not from when the assignment came')
  bench.said()
  while (bench.saidOf('renew').length === 0) bench.advance(1)
  bench.advance(4_000) // The answer takes long.
  const renewed = { type: 'renewed', keep: [assign.token], leashMs: 30_000 } as const
  bench.tellSlots({ ...renewed, sequence: 2 })
  t.ok(leash() <= 26_000 && leash() > 25_900, `${leash()}: not from when the answer came`)
})

t.test('a late answer to an older renewal changes nothing, nor one to none', async (t) => {
  const bench = slotsOf({ work: { leashMs: 30_000, renewMs: 10_000 } })
  const token = runningOf(bench, {}, { leashMs: 30_000 })
  const held = (): object | undefined => bench.holder.held()[0]
  bench.advance(20_500)
  const renewed = { type: 'renewed', keep: [token], leashMs: 30_000 } as const
  bench.tellSlots({ ...renewed, sequence: 3 })
  const before = held()
  bench.tellSlots({ ...renewed, sequence: 2 })
  bench.tellSlots({ ...renewed, sequence: 99 })
  t.same(held(), before)
})

t.test('an attempt that is not renewed ends with its leash, and is given back', async (t) => {
  const bench = slotsOf({ work: { leashMs: 30_000 } })
  const token = runningOf(bench, {}, { leashMs: 30_000 })
  bench.said()
  bench.advance(31_000)
  t.match(endsOf(bench.said())[0], { type: 'lost', token, how: 'ended' })
})

t.test('a renewal names all that is held, ends that were not answered too', async (t) => {
  const bench = slotsOf()
  const running = runningOf(bench)
  const over = assignOf(creditAt(bench), { argv: ['ok', '10'] })
  bench.tellSlots(over).said()
  bench.advance(10_000)
  t.match(bench.saidOf('renew'), [{ boot: 1, held: [running, over.token] }])
})

t.test(
  'a node that starts again says what the holder still runs, and what has ended',
  async (t) => {
    const bench = slotsOf()
    const running = runningOf(bench)
    const over = assignOf(creditAt(bench), { argv: ['ok', '500'] })
    bench.tellSlots(over)
    bench.crash()
    bench.advance(1_000)
    bench.start()
    const said = bench.said()
    t.match(
      said.find(({ type }) => type === 'renew'),
      { boot: 2 },
    )
    t.match(endsOf(said), [{ token: over.token, outcome: { class: 'ok' } }])
    t.match(
      said.filter(({ type }) => type === 'started'),
      [{ token: running, boot: 2 }],
    )
    bench.tellSlots({ type: 'end', token: running, reason: 'cancelled' }).advance(200)
    t.match(endsOf(bench.said())[0], { token: running, outcome: { class: 'cancelled' } })
  },
)

t.test('an adopted attempt keeps its deadline', async (t) => {
  const bench = slotsOf()
  const token = runningOf(bench, {}, { startToCloseMs: 5_000 })
  bench.restart()
  bench.said()
  bench.advance(5_200)
  t.match(endsOf(bench.said())[0], { token, outcome: { class: 'timeout' } })
  t.same(bench.ends, [{ key: token, reason: 'timed-out' }])
})

t.test('a holder that dies loses what ran; nothing is offered until another answers', async (t) => {
  const bench = slotsOf()
  const token = runningOf(bench)
  bench.holder.crash()
  bench.tellSlots(WANTED).said()
  bench.tellSlots(WANTED, 200)
  t.same(bench.saidOf('credit'), [])
  bench.advance(200)
  const said = bench.said()
  t.match(endsOf(said)[0], { type: 'lost', token, how: 'died' })
  t.ok(said.some(({ type }) => type === 'credit'))
})

t.test('a holder that is full gives the task back, and the node rests for 5 s', async (t) => {
  const bench = slotsOf({ slots: 2, terminalsMax: 1 })
  runningOf(bench)
  const assign = assignOf(creditAt(bench))
  bench.said()
  bench.tellSlots(assign)
  t.match(endsOf(bench.said())[0], { type: 'lost', token: assign.token, how: 'unstarted' })
  bench.tellSlots({ type: 'answered', token: assign.token, verdict: 'accepted' })
  bench.said()
  bench.tellSlots(WANTED).advance(4_500)
  t.same(bench.saidOf('credit'), [], 'or it would be given back again at once')
  bench.advance(500)
  t.equal(bench.saidOf('credit').length, 1)
})

t.test('a draining node takes nothing new, and what runs goes on', async (t) => {
  const bench = slotsOf()
  const token = runningOf(bench)
  bench.node.drain()
  bench.said()
  bench.tellSlots(WANTED).advance(20_000)
  t.same(bench.saidOf('credit'), [])
  t.same(bench.holder.running(), [keyOf(token)])
})
