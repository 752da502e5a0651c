import fc from 'fast-check'
import t from 'tap'
import { ENDED } from '../../../actors/task/task.ts'
import { TaskShard } from './shard-of.ts'

t.test('the last dependency that completes releases its dependent', async (t) => {
  const shard = new TaskShard()
  const [a = '', b = ''] = shard.submitAll({}, {})
  const id = shard.submit({ after: [a, b] })
  shard.complete(a)
  t.match(shard.task(id), { state: 'suspended', reason: `waits for ${b}` })
  shard.complete(b)
  t.match(shard.task(id), {
    ...{ state: 'available', reason: 'waiting for a slot' },
    dependencies: [
      { id: a, state: 'completed' },
      { id: b, state: 'completed' },
    ],
  })
})

t.test('a task that is free before its moment waits for the moment', async (t) => {
  const shard = new TaskShard()
  const needed = shard.submit()
  const notBeforeMs = shard.clock.wallMs() + 60_000
  const id = shard.submit({ after: [needed], notBeforeMs })
  shard.complete(needed)
  t.match(shard.task(id), {
    ...{ state: 'scheduled', wakeMs: notBeforeMs, reason: 'waits until 2026-01-01T00:01:00Z' },
  })
  shard.advance(60_000)
  t.equal(shard.state(id), 'available')
})

t.test(
  'every end but completion cancels the dependents, and theirs, in the same entry',
  async (t) => {
    const ends: readonly [string, (shard: TaskShard, id: string) => void][] = [
      ['cancelled', (shard, id) => void shard.ask({ type: 'cancel', task: id, by: 'bob' })],
      ['failed', (shard, id) => void shard.finish(shard.run(id), { class: 'exit', code: 1 })],
      ['expired', (shard) => void shard.advance(8 * 86_400_000)],
      [
        'discarded',
        (shard, id) => {
          shard.finish(shard.run(id), { class: 'crash' })
          shard.advance(60_000)
          shard.finish(shard.run(id), { class: 'crash' })
        },
      ],
    ]
    for (const [state, end] of ends) {
      const shard = new TaskShard()
      const first = shard.submit({ retry: { max: 1 }, timeouts: { totalMs: 86_400_000 } })
      const second = shard.submit({ after: [first] })
      const third = shard.submit({ after: [second] })
      end(shard, first)
      t.equal(shard.state(first), state)
      t.match(shard.task(second), {
        ...{
          state: 'cancelled',
          reason: `cancelled by its dependency ${first}, which is ${state}`,
        },
        dependencies: [{ id: first, state: 'failed' }],
      })
      t.match(shard.task(third), {
        reason: `cancelled by its dependency ${second}, which is cancelled`,
      })
      const tally = { [state]: 1 } as Record<string, number>
      tally['cancelled'] = (tally['cancelled'] ?? 0) + 2
      t.same(shard.row('tally', 'all'), tally, state)
    }
  },
)

t.test('a long chain of dependents is cancelled to its end', async (t) => {
  const shard = new TaskShard()
  let last = shard.submit()
  const first = last
  for (let link = 0; link < 12_000; link++) last = shard.submit({ after: [last] })
  shard.ask({ type: 'cancel', task: first, by: 'bob' })
  t.equal(shard.state(last), 'cancelled')
})

t.test('a dependent that has ended hears nothing', async (t) => {
  const shard = new TaskShard()
  const needed = shard.submit()
  const id = shard.submit({ after: [needed] })
  shard.ask({ type: 'cancel', task: id, by: 'bob' })
  const { version } = shard.task(id)
  shard.complete(needed)
  t.equal(shard.task(id).version, version)
})

t.test('forgotten tasks are counted out; those that live are not forgotten', async (t) => {
  const shard = new TaskShard()
  const [done = '', live = ''] = shard.submitAll({}, {})
  shard.complete(done)
  t.same(shard.row('tally', 'all'), { completed: 1 })
  shard.ask({ type: 'forget', tasks: [done, live, done] })
  t.equal(shard.row('task', done), undefined)
  t.equal(shard.state(live), 'available')
  t.same(shard.row('tally', 'all'), { completed: 0 })
})

/** What may be done to any of a few tasks, at any time. */
const step = fc.record({
  at: fc.nat(7),
  what: fc.constantFrom(
    'run',
    'ok',
    'fail',
    'crash',
    'cancel',
    'pause',
    'resume',
    'lose',
    'retry',
    'wait',
  ),
})
const graph = fc.array(fc.array(fc.nat(6), { maxLength: 3 }), { minLength: 8, maxLength: 8 })

t.test('no order of events breaks a row, and no task waits for one that has ended', async () => {
  fc.assert(
    fc.property(graph, fc.array(step, { maxLength: 60 }), (edges, steps) => {
      const shard = new TaskShard()
      const ids: string[] = []
      for (const after of edges) {
        const older = after.filter((at) => at < ids.length).map((at) => ids[at] ?? '')
        const onLost = ids.length % 2 === 0 ? 'ask' : 'retry'
        ids.push(shard.submit({ after: older, onLost, retry: { max: 1, baseMs: 1_000 } }))
      }
      for (const { at, what } of steps) perform(shard, ids[at] ?? '', what)
      return ids.every((id) => {
        const task = shard.task(id)
        const waits = task.dependencies.filter(({ state }) => state === 'waiting')
        if (ENDED.has(task.state)) return !task.paused && !task.cancelling
        return waits.every((each) => !ENDED.has(shard.task(each.id).state))
      })
    }),
    { numRuns: 300 },
  )
})

function perform(shard: TaskShard, id: string, what: string): void {
  const { state, attempt } = shard.task(id)
  const runs = state === 'executing'
  switch (what) {
    case 'run':
      if (shard.best()?.id === id) shard.run(id)
      return
    case 'ok':
      if (runs) shard.finish(id)
      return
    case 'fail':
      if (runs) shard.finish(id, { class: 'exit', code: 1 })
      return
    case 'crash':
      if (runs) shard.finish(id, { class: 'crash' })
      return
    case 'lose':
      shard.ask({ type: 'lose', task: id, attempt, how: 'died', why: 'lost' })
      return
    case 'retry':
      shard.ask({ type: 'retry', task: id, by: 'bob', id: shard.nextId() })
      return
    case 'wait':
      shard.advance(5_000)
      return
    default:
      shard.ask({ type: what as 'cancel' | 'pause' | 'resume', task: id, by: 'bob' })
  }
}
