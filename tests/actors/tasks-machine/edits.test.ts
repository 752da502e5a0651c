import t from 'tap'
import { QUEUE_LIMITS } from '../../../actors/task/limits.ts'
import type { TaskState } from '../../../actors/task/task.ts'
import { idOf } from '../task-of.ts'
import { refusalOf, TaskShard } from './shard-of.ts'

type Action = 'cancel' | 'pause' | 'resume'

/** A task in each state that it can be in. */
const LIVES: Readonly<Record<string, (shard: TaskShard) => string>> = {
  suspended: (shard) => shard.submit({ after: [shard.submit()] }),
  scheduled: (shard) => shard.submit({ notBeforeMs: shard.clock.wallMs() + 60_000 }),
  available: (shard) => shard.submit(),
  assigned: (shard) => {
    const id = shard.submit()
    shard.assign(id)
    return id
  },
  executing: (shard) => shard.run(shard.submit()),
  waiting_human: (shard) => {
    const id = shard.run(shard.submit({ onLost: 'ask' }))
    shard.ask({ type: 'lose', task: id, attempt: 1, how: 'died', why: 'gone' })
    return id
  },
  completed: (shard) => {
    const id = shard.submit()
    shard.complete(id)
    return id
  },
  failed: (shard) => {
    const id = shard.run(shard.submit())
    shard.finish(id, { class: 'exit', code: 1 })
    return id
  },
  cancelled: (shard) => {
    const id = shard.submit()
    shard.ask({ type: 'cancel', task: id, by: 'ann' })
    return id
  },
  discarded: (shard) => {
    const id = shard.run(shard.submit({ retry: { max: 1 } }))
    shard.finish(id, { class: 'crash' })
    shard.advance(60_000)
    shard.run(id)
    shard.finish(id, { class: 'crash' })
    return id
  },
  expired: (shard) => {
    const id = shard.submit({ timeouts: { totalMs: 1 } })
    shard.advance(10)
    return id
  },
}

const RUNS = ['assigned', 'executing']
const ENDS = ['completed', 'failed', 'cancelled', 'discarded', 'expired']

function act(shard: TaskShard, type: Action, task: string): string {
  const reply = shard.ask({ type, task, by: 'bob' })
  return reply.type === 'refused' ? reply.message : reply.type
}

t.test('the lives of these tests lead where they say', async (t) => {
  for (const [state, life] of Object.entries(LIVES)) {
    const shard = new TaskShard()
    t.equal(shard.state(life(shard)), state)
  }
})

t.test(
  'cancel ends what does not run, asks what runs to end, and refuses what has ended',
  async (t) => {
    for (const [state, life] of Object.entries(LIVES)) {
      const shard = new TaskShard()
      const id = life(shard)
      const answer = act(shard, 'cancel', id)
      if (ENDS.includes(state)) {
        t.equal(answer, `Cannot cancel "${id}": it is ${state} already`)
      } else if (RUNS.includes(state)) {
        t.match(shard.task(id), { state, cancelling: true, reason: 'being cancelled by bob' })
        shard.finish(id, { class: 'cancelled', code: 130 })
        t.match(shard.task(id), {
          state: 'cancelled',
          reason: 'cancelled by bob',
          cancelling: false,
        })
      } else {
        t.match(shard.task(id), { state: 'cancelled', reason: 'cancelled by bob' }, state)
      }
    }
  },
)

t.test('cancel asked again changes nothing', async (t) => {
  const shard = new TaskShard()
  const id = shard.run(shard.submit())
  act(shard, 'cancel', id)
  t.equal(act(shard, 'cancel', id), 'done')
  t.same(shard.events, [])
})

t.test('pause holds back what waits, and refuses what runs or has ended', async (t) => {
  for (const [state, life] of Object.entries(LIVES)) {
    const shard = new TaskShard()
    const id = life(shard)
    const { reason } = shard.task(id)
    const answer = act(shard, 'pause', id)
    if (ENDS.includes(state) || RUNS.includes(state)) {
      t.match(answer, /^Cannot pause/, state)
      continue
    }
    t.match(shard.task(id), { state, paused: true, reason: 'paused by bob' })
    t.equal(act(shard, 'pause', id), 'done')
    t.same(shard.events, [], 'again changes nothing')
    t.equal(act(shard, 'resume', id), 'done')
    t.match(shard.task(id), { state, paused: false, reason }, 'and it waits for what it waited for')
  }
})

t.test('resume takes back a pause and decides nothing else', async (t) => {
  for (const [state, life] of Object.entries(LIVES)) {
    const shard = new TaskShard()
    const id = life(shard)
    const answer = act(shard, 'resume', id)
    if (ENDS.includes(state)) t.equal(answer, `Cannot resume "${id}": it is ${state} already`)
    else t.same(shard.events, [], state)
  }
})

t.test('a paused task goes on in the background: what it waits for may come', async (t) => {
  const shard = new TaskShard()
  const needed = shard.submit()
  const id = shard.submit({ after: [needed] })
  act(shard, 'pause', id)
  shard.complete(needed)
  t.match(shard.task(id), { state: 'available', paused: true, reason: 'paused by bob' })
  t.equal(shard.best(), undefined)
  t.match(shard.assign(id), { code: 'FAILED_PRECONDITION' })
  act(shard, 'resume', id)
  t.equal(shard.best()?.id, id)
})

t.test('a cancelled task is paused no more', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit()
  act(shard, 'pause', id)
  act(shard, 'cancel', id)
  t.match(shard.task(id), { state: 'cancelled', paused: false, stoppedMs: undefined })
})

t.test('prioritize changes what has not ended', async (t) => {
  for (const [state, life] of Object.entries(LIVES)) {
    const shard = new TaskShard()
    const id = life(shard)
    const reply = shard.ask({ type: 'prioritize', task: id, priority: 9, by: 'bob' })
    if (ENDS.includes(state)) t.match(refusalOf(reply), { code: 'FAILED_PRECONDITION' })
    else t.equal(shard.task(id).spec.priority, 9, state)
    shard.ask({ type: 'prioritize', task: id, priority: 9, by: 'bob' })
    t.same(shard.events, [])
  }
})

t.test('prioritize moves a task in its line at once', async (t) => {
  const shard = new TaskShard()
  const [first, second] = [shard.submit(), shard.submit()]
  t.equal(shard.best()?.id, first)
  shard.ask({ type: 'prioritize', task: second, priority: 6, by: 'bob' })
  t.equal(shard.best()?.id, second)
})

t.test('retry does an ended task again as a new one, once', async (t) => {
  for (const state of ENDS) {
    const shard = new TaskShard()
    const id = LIVES[state]?.(shard) ?? ''
    const fresh = shard.nextId()
    const before = shard.task(id)
    t.match(shard.ask({ type: 'retry', task: id, by: 'bob', id: fresh }), { ids: [fresh] })
    t.match(shard.task(fresh), {
      ...{ state: 'available', by: 'bob', attempt: 0, attempts: [], retriesUsed: 0, retryOf: id },
      ...{ outcome: undefined, version: 1 },
    })
    t.match(shard.task(id), { state: before.state, outcome: before.outcome, retriedAs: fresh })
    const again = shard.ask({ type: 'retry', task: id, by: 'bob', id: shard.nextId() })
    t.same(again, { type: 'submitted', ids: [fresh], repeated: true }, 'asked again')
    t.same(shard.events, [])
  }
})

t.test('retry is now: without the conditions of then', async (t) => {
  const shard = new TaskShard()
  const needed = shard.submit()
  const nowMs = shard.clock.wallMs()
  const id = shard.submit({ after: [needed], notBeforeMs: nowMs + 1_000, expiresMs: nowMs + 2_000 })
  shard.advance(2_000)
  t.equal(shard.state(id), 'expired')
  const fresh = shard.nextId()
  shard.ask({ type: 'retry', task: id, by: 'bob', id: fresh })
  t.match(shard.task(fresh), { state: 'available', dependencies: [], spec: { after: [] } })
  shard.advance(5_000)
  t.equal(shard.state(fresh), 'available')
})

t.test('retry takes the unique key again, unless another has it', async (t) => {
  const shard = new TaskShard()
  const spec = { unique: { key: 'one' } }
  const id = shard.submit(spec)
  act(shard, 'cancel', id)
  const fresh = shard.nextId()
  shard.ask({ type: 'retry', task: id, by: 'bob', id: fresh })
  t.equal(shard.submit(spec), fresh)
  act(shard, 'cancel', fresh)
  const holder = shard.submit(spec)
  const reply = shard.ask({ type: 'retry', task: fresh, by: 'bob', id: shard.nextId() })
  t.match(refusalOf(reply), {
    code: 'FAILED_PRECONDITION',
    message: `Cannot retry "${fresh}": "${holder}" has its unique key`,
  })
})

t.test('retry lets a task go on that waits for a person', async (t) => {
  const shard = new TaskShard()
  const id = LIVES['waiting_human']?.(shard) ?? ''
  const reply = shard.ask({ type: 'retry', task: id, by: 'bob', id: shard.nextId() })
  t.same(reply, { type: 'submitted', ids: [id], repeated: false })
  t.match(shard.task(id), { state: 'available', reason: 'waiting for a slot' })
  shard.run(id)
  t.match(shard.task(id), { state: 'executing', attempt: 2, retriesUsed: 0 })
})

t.test('retry refuses what still goes its way', async (t) => {
  for (const state of ['suspended', 'scheduled', 'available', ...RUNS]) {
    const shard = new TaskShard()
    const id = LIVES[state]?.(shard) ?? ''
    const reply = shard.ask({ type: 'retry', task: id, by: 'bob', id: shard.nextId() })
    t.equal(refusalOf(reply).message, `Cannot retry "${id}": it is ${state}`)
  }
})

t.test('nothing can be done to a task that is not there', async (t) => {
  const shard = new TaskShard()
  const task = idOf(77)
  const message = `Cannot find the task "${task}": it never was, or it was forgotten`
  for (const command of [
    { type: 'get', task },
    { type: 'cancel', task, by: 'bob' },
    { type: 'prioritize', task, priority: 1, by: 'bob' },
    { type: 'retry', task, by: 'bob', id: idOf(78) },
    { type: 'assign', task, version: 1, store: 's', boot: 1, node: 'n' },
  ] as const) {
    t.same(refusalOf(shard.ask(command)), { type: 'refused', code: 'NOT_FOUND', message })
  }
  for (const command of [
    { type: 'start', task, attempt: 1 },
    { type: 'finish', task, attempt: 1, outcome: { class: 'ok' } },
    { type: 'lose', task, attempt: 1, how: 'died', why: '' },
    { type: 'due', task, version: 1 },
  ] as const) {
    t.same(shard.ask(command), { type: 'stale' }, command.type)
  }
})

t.test('bulk changes what its filter names', async (t) => {
  const filters: readonly [object, readonly number[]][] = [
    [{}, [0, 1, 2, 3]],
    [{ label: 'x' }, [1, 3]],
    [{ states: ['executing'] }, [0]],
    [{ states: ['available', 'executing'], label: 'x' }, [1, 3]],
    [{ project: 'p' }, [0, 1, 2, 3]],
    [{ project: 'q' }, []],
    [{ states: ['failed'] }, []],
  ]
  for (const [filter, expected] of filters) {
    const shard = new TaskShard()
    const ids = shard.submitAll({}, { labels: ['x'] }, { labels: ['y'] }, { labels: ['x', 'y'] })
    shard.run(ids[0] ?? '')
    const reply = shard.ask({ type: 'bulk', action: 'cancel', filter, by: 'bob' })
    t.same(reply, { type: 'bulk', changed: expected.length, more: false })
    const hit = ids.flatMap((id, at) => {
      const { state, cancelling } = shard.task(id)
      return state === 'cancelled' || cancelling ? [at] : []
    })
    t.same(hit, expected, JSON.stringify(filter))
    t.match(
      shard.ask({ type: 'bulk', action: 'cancel', filter, by: 'bob' }),
      { changed: 0 },
      'again',
    )
  }
})

t.test('bulk goes on over as many entries as it takes', async (t) => {
  const shard = new TaskShard()
  const count = QUEUE_LIMITS.bulk
  shard.submitAll(...Array.from({ length: count }, () => ({})))
  shard.submitAll({}, {})
  const ask = (action: Action) => shard.ask({ type: 'bulk', action, filter: {}, by: 'bob' })
  t.same(ask('pause'), { type: 'bulk', changed: count, more: true })
  t.same(ask('pause'), { type: 'bulk', changed: 2, more: false })
  t.same(ask('resume'), { type: 'bulk', changed: count, more: true })
  t.same(ask('resume'), { type: 'bulk', changed: 2, more: false })
  t.same(ask('cancel'), { type: 'bulk', changed: count, more: true })
  t.same(ask('cancel'), { type: 'bulk', changed: 2, more: false })
})

t.test('bulk cancels tasks with those that wait for them, each once', async (t) => {
  const shard = new TaskShard()
  const [a = '', b = ''] = shard.submitAll({}, {})
  const both = shard.submit({ after: [a, b] })
  const last = shard.submit({ after: [both, a] })
  const reply = shard.ask({ type: 'bulk', action: 'cancel', filter: {}, by: 'bob' })
  t.same(reply, { type: 'bulk', changed: 4, more: false })
  t.same(
    [a, b, both, last].map((id) => shard.state(id)),
    Array(4).fill('cancelled' satisfies TaskState),
  )
  t.same(shard.row('tally', 'all'), { cancelled: 4 })
})

t.test('bulk resume does not decide for a person', async (t) => {
  const shard = new TaskShard()
  const id = LIVES['waiting_human']?.(shard) ?? ''
  shard.ask({ type: 'bulk', action: 'resume', filter: {}, by: 'bob' })
  t.equal(shard.state(id), 'waiting_human')
})

t.test('a paused project gives out nothing until it is resumed', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit()
  shard.ask({ type: 'pauseProject', project: 'p', by: 'bob' })
  t.equal(shard.best(), undefined)
  t.same(shard.led.wanted(), [])
  t.equal(shard.led.projectPaused('p'), true)
  t.equal(shard.succeeded().best(), undefined, 'the next leader knows')
  shard.ask({ type: 'resumeProject', project: 'p', by: 'bob' })
  t.equal(shard.best()?.id, id)
})
