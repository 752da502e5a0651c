import t from 'tap'
import { TaskShard } from './shard-of.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

t.test('a delayed task becomes available at its moment, not before', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ notBeforeMs: shard.clock.wallMs() + 5 * HOUR_MS })
  shard.advance(5 * HOUR_MS - 1)
  t.equal(shard.state(id), 'scheduled')
  shard.advance(1)
  t.equal(shard.state(id), 'available')
})

t.test('each timeout ends a task that does not run, and says which it was', async (t) => {
  const cases: readonly [object, number, string][] = [
    [
      { timeouts: { scheduleToStartMs: 2 * HOUR_MS } },
      2 * HOUR_MS,
      'expired: no slot was free for it within 2 h',
    ],
    [{ timeouts: { totalMs: 90_000 } }, 90_000, 'expired: it was not over within 90 s'],
    [
      { expiresMs: Date.UTC(2026, 0, 1, 6) },
      6 * HOUR_MS,
      'expired: it was of use only until 2026-01-01T06:00:00Z',
    ],
    [{}, DAY_MS, 'expired: no slot was free for it within 1 d'],
  ]
  for (const [spec, afterMs, reason] of cases) {
    const shard = new TaskShard()
    const id = shard.submit(spec)
    shard.advance(afterMs - 1)
    t.equal(shard.state(id), 'available', reason)
    shard.advance(1)
    t.match(shard.task(id), { state: 'expired', reason })
  }
})

t.test('schedule to start counts from when a task waits for a slot', async (t) => {
  const shard = new TaskShard()
  const timeouts = { scheduleToStartMs: HOUR_MS }
  const delayed = shard.submit({ timeouts, notBeforeMs: shard.clock.wallMs() + 2 * DAY_MS })
  const needed = shard.submit({ timeouts: { scheduleToStartMs: 3 * DAY_MS } })
  const dependent = shard.submit({ timeouts, after: [needed] })
  shard.advance(2 * DAY_MS)
  shard.complete(needed)
  for (const id of [delayed, dependent]) {
    t.match(shard.task(id), { state: 'available', enqueuedMs: shard.clock.wallMs() })
  }
  shard.advance(HOUR_MS)
  for (const id of [delayed, dependent]) t.equal(shard.state(id), 'expired')
})

t.test('schedule to start is over with the first start', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(shard.submit({ timeouts: { scheduleToStartMs: HOUR_MS } }))
  shard.ask({ type: 'lose', task: id, attempt: 1, how: 'ended', why: 'its leash was over' })
  shard.advance(2 * HOUR_MS)
  t.equal(shard.state(id), 'available')
})

t.test('what runs is not expired; what is tried again after the total timeout is', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(
    shard.submit({ timeouts: { totalMs: HOUR_MS }, expiresMs: shard.clock.wallMs() + 10 }),
  )
  shard.advance(3 * HOUR_MS)
  t.equal(shard.state(id), 'executing')
  shard.finish(id, { class: 'timeout' })
  shard.advance(1)
  t.equal(shard.state(id), 'expired')
})

t.test('the clocks of a paused task stand still', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ timeouts: { scheduleToStartMs: 2 * HOUR_MS } })
  shard.advance(HOUR_MS)
  shard.ask({ type: 'pause', task: id, by: 'bob' })
  shard.advance(30 * DAY_MS)
  t.match(shard.task(id), { state: 'available', dueMs: undefined })
  shard.ask({ type: 'resume', task: id, by: 'bob' })
  shard.advance(HOUR_MS - 1)
  t.equal(shard.state(id), 'available')
  shard.advance(1)
  t.equal(shard.state(id), 'expired')
})

t.test('so do those of one that waits for a person', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(shard.submit({ onLost: 'ask', timeouts: { totalMs: 2 * HOUR_MS } }))
  shard.advance(HOUR_MS)
  shard.ask({ type: 'lose', task: id, attempt: 1, how: 'died', why: 'gone' })
  shard.advance(30 * DAY_MS)
  t.equal(shard.state(id), 'waiting_human')
  shard.ask({ type: 'retry', task: id, by: 'bob', id: shard.nextId() })
  shard.advance(HOUR_MS - 1)
  t.equal(shard.state(id), 'available')
  shard.advance(1)
  t.equal(shard.state(id), 'expired')
})

t.test('a moment of use passes for a paused task too', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ expiresMs: shard.clock.wallMs() + HOUR_MS })
  shard.ask({ type: 'pause', task: id, by: 'bob' })
  shard.advance(HOUR_MS)
  t.match(shard.task(id), { state: 'expired', paused: false })
})

t.test('a retry whose moment passes while it is paused wakes when it is resumed', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(shard.submit())
  shard.finish(id, { class: 'crash' })
  shard.ask({ type: 'pause', task: id, by: 'bob' })
  shard.advance(HOUR_MS)
  t.equal(shard.state(id), 'scheduled')
  shard.ask({ type: 'resume', task: id, by: 'bob' })
  shard.advance(1)
  t.equal(shard.state(id), 'available')
})

t.test('a timer of an older version of the row is stale', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ notBeforeMs: shard.clock.wallMs() + HOUR_MS })
  const { version } = shard.task(id)
  t.equal(shard.ask({ type: 'due', task: id, version }).type, 'stale', 'too early')
  shard.ask({ type: 'pause', task: id, by: 'bob' })
  shard.advance(HOUR_MS)
  t.equal(shard.ask({ type: 'due', task: id, version }).type, 'stale')
  t.equal(shard.state(id), 'scheduled')
})

t.test('the next leader arms what is due, and fires in order what is overdue', async (t) => {
  const shard = new TaskShard()
  const nowMs = shard.clock.wallMs()
  const ids = [3, 1, 2].map((hours) => shard.submit({ notBeforeMs: nowMs + hours * HOUR_MS }))
  const before = shard.clock.waitingCount
  const next = shard.succeeded()
  t.ok(shard.clock.waitingCount > before, 'its timers are its own')
  shard.clock.wallSkewMs = 10 * HOUR_MS // Nobody led for a while.
  const order: string[] = []
  next.propose = (command) => {
    if (command.type === 'due') order.push(command.task)
    next.ask(command)
    return true
  }
  next.advance(30_000)
  t.same(order, [ids[1], ids[2], ids[0]])
  t.ok(ids.every((id) => next.state(id) === 'available'))
})

t.test('more timers than one turn takes are fired in the next', async (t) => {
  const shard = new TaskShard()
  const notBeforeMs = shard.clock.wallMs() + HOUR_MS
  const ids: string[] = []
  for (let batch = 0; batch < 5; batch++)
    ids.push(...shard.submitAll(...Array.from({ length: 500 }, () => ({ notBeforeMs }))))
  shard.advance(HOUR_MS)
  t.same(new Set(ids.map((id) => shard.state(id))), new Set(['available']))
})

t.test('a timer that finds no room in the log is not lost', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ notBeforeMs: shard.clock.wallMs() + HOUR_MS })
  shard.full = true
  shard.advance(HOUR_MS + 1_000)
  t.equal(shard.state(id), 'scheduled')
  shard.full = false
  shard.advance(500)
  t.equal(shard.state(id), 'available')
})

t.test('a wall clock that is set back delays a timer and does not lose it', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit({ notBeforeMs: shard.clock.wallMs() + HOUR_MS })
  shard.clock.wallSkewMs = -HOUR_MS
  shard.advance(HOUR_MS)
  t.equal(shard.state(id), 'scheduled')
  shard.advance(HOUR_MS)
  t.equal(shard.state(id), 'available')
})

t.test('timers of rows that changed are swept out', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit()
  for (let round = 0; round < 12_000; round++) {
    shard.ask({ type: 'prioritize', task: id, priority: round % 2, by: 'bob' })
  }
  shard.advance(DAY_MS)
  t.equal(shard.state(id), 'expired')
})
