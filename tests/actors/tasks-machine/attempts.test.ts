import fc from 'fast-check'
import t from 'tap'
import type { Loss, Outcome } from '../../../actors/task/task.ts'
import { seededRandom, type Random } from '../../../runtime/scheduling/random.ts'
import { TaskShard } from './shard-of.ts'

function lose(shard: TaskShard, task: string, how: Loss, why = 'its node is silent'): string {
  const { attempt } = shard.task(task)
  return shard.ask({ type: 'lose', task, attempt, how, why }).type
}

t.test('assign is refused if the task has changed since it was picked', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit()
  const assign = { type: 'assign', task: id, store: 's1', boot: 1, node: 'n1' } as const
  const { version } = shard.task(id)
  shard.ask({ type: 'prioritize', task: id, priority: 9, by: 'bob' })
  t.match(shard.ask({ ...assign, version }), { code: 'FAILED_PRECONDITION' })
  t.match(shard.ask({ ...assign, version: version + 1 }), { type: 'attempt', attempt: 1 })
  t.match(shard.ask({ ...assign, version: version + 2 }), { code: 'FAILED_PRECONDITION' })
})

t.test('an outcome decides what follows', async (t) => {
  const cases: readonly [string, Outcome, object, object][] = [
    ['ok', { class: 'ok', code: 0 }, {}, { state: 'completed', reason: 'completed' }],
    ['exit', { class: 'exit', code: 3 }, {}, { state: 'failed', reason: 'exit code 3' }],
    [
      'exit, and retries were asked for',
      { class: 'exit', code: 3 },
      { retry: { onExit: true } },
      { state: 'scheduled', reason: 'retry 1 of 3 after exit code 3' },
    ],
    [
      'crash',
      { class: 'crash', signal: 'SIGSEGV' },
      {},
      { state: 'scheduled', reason: 'retry 1 of 3 after crash (SIGSEGV)' },
    ],
    [
      'timeout',
      { class: 'timeout', message: 'it ran longer than its timeout' },
      {},
      { state: 'scheduled', reason: 'retry 1 of 3 after timeout: it ran longer than its timeout' },
    ],
    ['transient', { class: 'transient' }, {}, { state: 'scheduled' }],
    [
      'a missing workdir',
      { class: 'invalid', message: 'no such directory' },
      { retry: { onExit: true } },
      { state: 'failed', reason: 'invalid: no such directory' },
    ],
    [
      'no retries wanted',
      { class: 'crash', signal: 'SIGKILL' },
      { retry: { max: 0 } },
      { state: 'failed', reason: 'crash (SIGKILL)' },
    ],
    [
      'its terminal was ended by somebody else',
      { class: 'cancelled' },
      {},
      { state: 'cancelled', reason: 'its terminal was ended' },
    ],
  ]
  for (const [name, outcome, spec, expected] of cases) {
    const shard = new TaskShard()
    const id = shard.run(shard.submit(spec))
    t.equal(shard.finish(id, outcome).type, 'accepted')
    t.match(shard.task(id), { ...expected, attempts: [{ outcome }] }, name)
  }
})

t.test('the outcome of a task is that of its last attempt', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(shard.submit())
  shard.finish(id, { class: 'crash' })
  t.equal(shard.task(id).outcome, undefined)
  shard.advance(20_000)
  shard.complete(id)
  t.match(shard.task(id), {
    ...{ outcome: { class: 'ok' }, retriesUsed: 1, attempt: 2 },
    attempts: [{ outcome: { class: 'crash' } }, { outcome: { class: 'ok' } }],
  })
})

t.test('a task whose retries are used up is a dead letter', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ retry: { max: 2, baseMs: 1_000 } })
  for (let attempt = 1; attempt <= 3; attempt++) {
    shard.run(id)
    shard.finish(id, { class: 'crash' })
    shard.advance(10_000)
  }
  t.match(shard.task(id), { state: 'discarded', reason: 'crash; 2 retries used', attempt: 3 })
  t.same(shard.row('tally', 'all'), { discarded: 1 })
})

t.test('while it is being cancelled no outcome but success is tried again', async (t) => {
  for (const [outcome, state] of [
    [{ class: 'ok', code: 0 }, 'completed'],
    [{ class: 'cancelled', code: 130 }, 'cancelled'],
    [{ class: 'crash', signal: 'SIGKILL' }, 'cancelled'],
    [{ class: 'timeout' }, 'cancelled'],
    [{ class: 'exit', code: 130 }, 'cancelled'],
  ] as const) {
    const shard = new TaskShard()
    const id = shard.run(shard.submit())
    shard.ask({ type: 'cancel', task: id, by: 'bob' })
    shard.finish(id, outcome)
    t.equal(shard.state(id), state, outcome.class)
  }
  for (const how of ['unstarted', 'ended', 'died'] as const) {
    const shard = new TaskShard()
    const id = shard.run(shard.submit({ onLost: 'ask' }))
    shard.ask({ type: 'cancel', task: id, by: 'bob' })
    lose(shard, id, how)
    t.match(shard.task(id), { state: 'cancelled', reason: /^cancelled by bob$/ }, how)
  }
})

/** Chance that always falls the same way. */
function fixed(share: number): Random {
  return { ...seededRandom(1), below: (below) => Math.floor(share * below) }
}

t.test('a retry waits twice as long each time, up to a cap, give or take a tenth', async (t) => {
  for (const [share, factor] of [
    [0, 0.9],
    [0.5, 1],
    [1, 1.1],
  ] as const) {
    const shard = new TaskShard({ random: fixed(share) })
    const id = shard.submit({ retry: { max: 8 } })
    const waits: number[] = []
    for (let retry = 0; retry < 8; retry++) {
      shard.run(id)
      shard.finish(id, { class: 'crash' })
      const waitMs = (shard.task(id).wakeMs ?? 0) - shard.clock.wallMs()
      waits.push(Math.round(waitMs / factor / 1_000))
      shard.advance(waitMs)
      t.equal(shard.state(id), 'available', 'neither later nor never')
    }
    t.same(waits, [15, 30, 60, 120, 240, 480, 900, 900], `chance ${share}`)
  }
})

t.test('a backoff stays within its bounds, whatever was asked for', async () => {
  const retry = fc.record({
    max: fc.integer({ min: 1, max: 5 }),
    baseMs: fc.integer({ min: 1, max: 100_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    capMs: fc.integer({ min: 1, max: 1_000_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(retry, fc.nat(), (asked, seed) => {
      const shard = new TaskShard({ random: seededRandom(seed) })
      const id = shard.run(shard.submit({ retry: asked }))
      shard.finish(id, { class: 'crash' })
      const waitMs = (shard.task(id).wakeMs ?? 0) - shard.clock.wallMs()
      const plannedMs = Math.min(asked.baseMs, asked.capMs)
      const spreadMs = plannedMs * asked.jitter + 1
      return Math.abs(waitMs - plannedMs) <= spreadMs && waitMs >= 0
    }),
  )
})

t.test('a retried task keeps its place in line', async (t) => {
  const shard = new TaskShard()
  const first = shard.submit()
  shard.advance(1_000)
  shard.submit()
  shard.advance(1_000)
  shard.run(first)
  lose(shard, first, 'unstarted')
  t.equal(shard.best()?.id, first)
})

t.test('how an attempt was lost decides what follows', async (t) => {
  for (const [how, onLost, expected] of [
    ['unstarted', 'retry', { state: 'available', reason: 'waiting again: its node is silent' }],
    ['unstarted', 'ask', { state: 'available' }],
    ['ended', 'retry', { state: 'available', retriesUsed: 0 }],
    [
      'died',
      'retry',
      { state: 'scheduled', reason: 'retry 1 of 3 after lost: its node is silent', retriesUsed: 1 },
    ],
    [
      'died',
      'ask',
      {
        ...{ state: 'waiting_human', retriesUsed: 0 },
        reason: 'waits for a person: outcome unknown, its node is silent',
        attempts: [{ outcome: { class: 'unknown', message: 'its node is silent' } }],
      },
    ],
    ['ended', 'ask', { state: 'waiting_human' }],
  ] as const) {
    const shard = new TaskShard()
    const id = shard.run(shard.submit({ onLost }))
    t.equal(lose(shard, id, how), 'accepted')
    t.match(shard.task(id), expected, `${how}, ${onLost}`)
    t.equal(lose(shard, id, how), 'stale', 'told again')
  }
})

t.test('a task that takes its node down with it does not go on for ever', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit()
  for (let attempt = 1; attempt <= 4; attempt++) {
    shard.run(id)
    lose(shard, id, 'died')
    shard.advance(900_000)
  }
  t.match(shard.task(id), { state: 'discarded', reason: /^lost: its node is silent; 3 retries/ })
})

t.test('an attempt that is lost before it started is asked about if it may have run', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ onLost: 'ask' })
  shard.assign(id)
  lose(shard, id, 'died')
  t.equal(shard.state(id), 'waiting_human', 'the word of its start may have been lost')
})

t.test('a result that comes while a person is asked settles the question', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(shard.submit({ onLost: 'ask' }))
  lose(shard, id, 'died')
  t.equal(shard.ask({ type: 'start', task: id, attempt: 1 }).type, 'stale')
  t.equal(shard.finish(id, { class: 'ok', code: 0 }).type, 'accepted')
  t.match(shard.task(id), { state: 'completed', outcome: { class: 'ok' }, attempt: 1 })
  t.equal(shard.finish(id, { class: 'exit', code: 1 }).type, 'stale')
})

t.test('a result that comes after a person has decided is kept as late', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(shard.submit({ onLost: 'ask' }))
  lose(shard, id, 'died')
  shard.ask({ type: 'retry', task: id, by: 'bob', id: shard.nextId() })
  const outcome = { class: 'ok', code: 0 } as const
  t.equal(shard.ask({ type: 'finish', task: id, attempt: 1, outcome }).type, 'stale')
  t.match(shard.task(id), { state: 'available', lateResults: [{ attempt: 1, outcome }] })
})

t.test('late results are kept once each, and never for an attempt that had its own', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ retry: { max: 100, baseMs: 1, capMs: 1 } })
  for (let attempt = 1; attempt <= 5; attempt++) {
    shard.run(id)
    if (attempt === 1) shard.finish(id, { class: 'crash' })
    else lose(shard, id, 'ended')
    shard.advance(10)
  }
  const finish = (attempt: number): string =>
    shard.ask({ type: 'finish', task: id, attempt, outcome: { class: 'ok' } }).type
  for (const attempt of [1, 2, 3, 4, 5, 5, 9]) t.equal(finish(attempt), 'stale')
  t.same(
    shard.task(id).lateResults?.map(({ attempt }) => attempt),
    [3, 4, 5],
    'the newest three',
  )
  shard.complete(id)
  t.equal(finish(6), 'stale')
  t.equal(shard.state(id), 'completed')
})

t.test('a row remembers the newest ten attempts', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit()
  for (let attempt = 1; attempt <= 14; attempt++) {
    shard.run(id)
    lose(shard, id, 'ended')
  }
  const { attempt, attempts } = shard.task(id)
  t.equal(attempt, 14)
  t.same(
    attempts.map((each) => each.attempt),
    [5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  )
})

t.test('a result counts before its start was heard of', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit()
  shard.assign(id)
  t.equal(shard.finish(id).type, 'accepted')
  t.equal(shard.ask({ type: 'start', task: id, attempt: 1 }).type, 'stale')
})
