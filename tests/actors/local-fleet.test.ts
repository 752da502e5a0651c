import t from 'tap'
import type { Fleet, SubmitRequest } from '../../actors/fleet.ts'
import { parseSpec } from '../../actors/task/parse-spec.ts'
import { HIDDEN } from '../../actors/task/shown.ts'
import { shardOfProject } from '../../actors/task/task-id.ts'
import { TASK_STATES, type Task } from '../../actors/task/task.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import { NodeBench, type BenchOptions } from './node-of.ts'
import { idOf } from './task-of.ts'

/** A node, and its fleet with time that goes on while somebody waits. */
class FleetBench extends NodeBench {
  #keys = 0

  get fleet(): Fleet {
    return this.node.fleet
  }

  request(spec: object = {}, more: Partial<SubmitRequest> = {}): SubmitRequest {
    const specs = [parseSpec({ argv: ['ok'], ...spec })]
    return { project: 'p', specs, key: `k${++this.#keys}`, try: 1, by: 'ann', ...more }
  }

  async add(spec: object = {}, more: Partial<SubmitRequest> = {}): Promise<string> {
    const { ids } = await this.result(this.fleet.submit(this.request(spec, more)))
    return ids[0] ?? ''
  }

  async ended(id: string): Promise<Task> {
    for (let waits = 0; waits < 1_000; waits++) {
      const task = await this.result(this.fleet.task(id))
      if (task.outcome || task.state === 'cancelled' || task.state === 'expired') return task
      this.advance(100)
    }
    throw new Error(`${id} does not end`)
  }

  async failure(promise: Promise<unknown>): Promise<RuntimeError> {
    try {
      await this.result(promise)
    } catch (error) {
      if (error instanceof RuntimeError) return error
      throw error
    }
    throw new Error('it did not fail')
  }
}

function fleetOf(options: BenchOptions = {}): FleetBench {
  const bench = new FleetBench(options)
  bench.start()
  return bench
}

t.test('a submitted task runs to its end', async (t) => {
  const bench = fleetOf()
  const submitted = await bench.result(bench.fleet.submit(bench.request({ argv: ['fail'] })))
  t.match(submitted, {
    ...{ repeated: false, copies: 1 },
    receipt: { shard: shardOfProject('p'), epoch: 2, hash: /^[0-9a-f]{64}$/ },
  })
  const task = await bench.ended(submitted.ids[0] ?? '')
  t.match(task, { state: 'failed', outcome: { class: 'exit', code: 3 }, attempt: 1 })
})

t.test('submit() repeated with its key has the same answer', async (t) => {
  const bench = fleetOf()
  const request = bench.request()
  const first = await bench.result(bench.fleet.submit(request))
  const again = await bench.result(bench.fleet.submit({ ...request, try: 2 }))
  t.match(again, { ids: first.ids, repeated: true })
  const other = bench.fleet.submit({ ...request, specs: [parseSpec({ argv: ['other'] })] })
  t.equal((await bench.failure(other)).code, 'ALREADY_EXISTS')
})

t.test('submit() refuses what is no batch, and ids of another shard', async (t) => {
  const bench = fleetOf()
  const spec = parseSpec({ argv: ['ok'] })
  for (const [more, message] of [
    [{ specs: [] }, 'Cannot submit 0 tasks at once: a batch has 1 to 500'],
    [{ specs: Array.from({ length: 501 }, () => spec) }, /501 tasks at once/],
    [{ ids: [] }, /each task needs an id of its project's shard, as t47-/],
    [{ ids: [idOf(1, 'q')] }, /each task needs an id/],
    [{ ids: ['x'] }, /each task needs an id/],
  ] as const) {
    t.match(await bench.failure(bench.fleet.submit(bench.request({}, more))), {
      ...{ code: 'INVALID_ARGUMENT', message },
    })
  }
})

t.test(
  'submit() that finds no room on a later try leaves open what became of the first',
  async (t) => {
    const bench = fleetOf()
    const { shards } = bench.node.system
    const refused = new RuntimeError('RESOURCE_EXHAUSTED', 'Cannot decide', { retryAfterMs: 250 })
    shards.command = (_shard, _command, _deadlineMs, answer) => answer(refused)
    for (const [tries, expected] of [
      [1, { code: 'RESOURCE_EXHAUSTED', retryAfterMs: 250 }],
      [2, { code: 'UNAVAILABLE', retryAfterMs: 250, details: { outcome: 'unknown' } }],
    ] as const) {
      const failure = await bench.failure(bench.fleet.submit(bench.request({}, { try: tries })))
      t.match(failure, expected)
    }
  },
)

t.test(
  'a command is asked again while nobody leads, and is given up at its deadline',
  async (t) => {
    const bench = fleetOf()
    const { shards } = bench.node.system
    const command = shards.command.bind(shards)
    let refusals = 3
    shards.command = (shard, asked, deadlineMs, answer) => {
      if (refusals-- <= 0) return command(shard, asked, deadlineMs, answer)
      answer(new RuntimeError('NOT_LEADER', 'Cannot decide', { retryAfterMs: 100 }))
    }
    t.ok(await bench.add())
    refusals = Infinity
    const startedMs = bench.clock.monotonicMs()
    t.equal((await bench.failure(bench.fleet.task(idOf(1)))).code, 'NOT_LEADER')
    const waitedMs = bench.clock.monotonicMs() - startedMs
    t.ok(waitedMs > 2_500 && waitedMs < 3_100, `${waitedMs} ms`)
  },
)

t.test('nothing is found under what is no id, or not there', async (t) => {
  const bench = fleetOf()
  t.match(await bench.failure(bench.fleet.task('t07')), { code: 'INVALID_ARGUMENT' })
  t.match(await bench.failure(bench.fleet.task(idOf(5))), { code: 'NOT_FOUND' })
})

t.test('act() cancels, pauses, resumes, prioritizes and does again', async (t) => {
  const bench = fleetOf({ slots: 0 })
  const id = await bench.add()
  const act = (action: string, more: object = {}): Promise<Task> =>
    bench.result(bench.fleet.act({ ...{ action: action as 'cancel', id, by: 'bob' }, ...more }))
  t.match(await act('pause'), { paused: true })
  t.match(await act('resume'), { paused: false })
  t.match(await act('prioritize', { priority: 10 }), { spec: { priority: 10 } })
  t.match(await act('cancel'), { state: 'cancelled' })
  const again = await act('retry')
  t.match(again, { state: 'available', retryOf: id, by: 'bob' })
  t.equal((await act('retry')).id, again.id)
  for (const priority of [undefined, 11, -1, 0.5]) {
    const asked = {
      action: 'prioritize',
      id,
      by: 'bob',
      ...(priority === undefined ? {} : { priority }),
    } as const
    t.equal((await bench.failure(bench.fleet.act(asked))).code, 'INVALID_ARGUMENT')
  }
  t.equal(
    (await bench.failure(bench.fleet.act({ action: 'pause', id, by: 'b' }))).code,
    'FAILED_PRECONDITION',
  )
})

t.test('list() shows tasks of all shards, or of one project, with counts', async (t) => {
  const bench = fleetOf({ slots: 0 })
  const ids: string[] = []
  for (const project of ['p', 'q', 'default']) {
    ids.unshift(await bench.add({ labels: [project] }, { project }))
    bench.advance(1_000)
  }
  const all = await bench.result(bench.fleet.list({ limit: 50 }))
  t.same(
    all.tasks.map(({ id }) => id),
    ids,
  )
  t.same(all.missing, [])
  t.match(all.counts, { available: 3, completed: 0 })
  t.same(Object.keys(all.counts).sort(), [...TASK_STATES].sort(), 'every state is counted')
  const q = await bench.result(bench.fleet.list({ limit: 50, project: 'q' }))
  t.same(
    q.tasks.map(({ project }) => project),
    ['q'],
  )
  const first = await bench.result(bench.fleet.list({ limit: 2 }))
  const cursor = first.cursor ?? ''
  t.equal((await bench.result(bench.fleet.list({ limit: 2, cursor }))).tasks.length, 1)
  t.equal(
    (await bench.failure(bench.fleet.list({ limit: 2, cursor: '?' }))).code,
    'INVALID_ARGUMENT',
  )
})

t.test(
  'list() finds what has ended after a restart too, and dead letters by their state',
  async (t) => {
    const bench = fleetOf()
    const id = await bench.add({ argv: ['segfault', '10'], retry: { max: 1, baseMs: 10 } })
    t.equal((await bench.ended(id)).state, 'discarded')
    bench.advance(1_000)
    bench.restart()
    const dead = await bench.result(bench.fleet.list({ limit: 50, states: ['discarded'] }))
    t.match(dead.tasks, [{ id, reason: 'crash (SIGSEGV); 1 retries used', attempt: 2 }])
    t.match(dead.counts, { discarded: 1 })
  },
)

t.test('bulk() changes tasks over all shards, and says how far it is', async (t) => {
  const bench = fleetOf({ slots: 0 })
  for (const project of ['p', 'q'])
    for (let count = 0; count < 3; count++) await bench.add({}, { project })
  const steps: number[] = []
  const cancel = { action: 'cancel', filter: {}, by: 'bob' } as const
  const done = await bench.result(bench.fleet.bulk(cancel, (changed) => steps.push(changed)))
  t.same(done, { changed: 6 })
  t.same(steps, [3, 6])
  t.same(await bench.result(bench.fleet.bulk(cancel, () => undefined)), { changed: 0 })
})

t.test('bulk() goes on over as many entries as it takes', async (t) => {
  const bench = fleetOf({ slots: 0 })
  const specs = Array.from({ length: 500 }, () => parseSpec({ argv: ['ok'] }))
  await bench.add({}, { specs })
  await bench.add()
  const steps: number[] = []
  const pause = { action: 'pause', filter: { project: 'p' }, by: 'bob' } as const
  const done = await bench.result(bench.fleet.bulk(pause, (changed) => steps.push(changed)))
  t.same(done, { changed: 501 })
  t.same(steps, [500, 501])
})

t.test('bulk() does dead letters again, each once however often it is asked', async (t) => {
  const bench = fleetOf()
  const argv = ['fail', '1']
  for (let count = 0; count < 7; count++) await bench.add({ argv })
  await bench.add({ argv: ['ok', '1'] })
  bench.advance(2_000)
  bench.node.drain()
  const retry = { action: 'retry', filter: { project: 'p' }, by: 'bob' } as const
  t.same(await bench.result(bench.fleet.bulk(retry, () => undefined)), { changed: 7 })
  t.same(await bench.result(bench.fleet.bulk(retry, () => undefined)), { changed: 0 })
  const { counts } = await bench.result(bench.fleet.list({ limit: 1 }))
  t.match(counts, { failed: 7, available: 7, completed: 1 })
})

t.test('pauseProject() holds a project back, and lets it go on', async (t) => {
  const bench = fleetOf()
  await bench.result(bench.fleet.pauseProject('p', true, 'bob'))
  const id = await bench.add()
  bench.advance(5_000)
  t.equal(bench.task(id).state, 'available')
  t.match(await bench.result(bench.fleet.explain(id)), {
    why: 'waiting: the project "p" is paused',
  })
  await bench.result(bench.fleet.pauseProject('p', false, 'bob'))
  t.equal((await bench.ended(id)).state, 'completed')
  t.equal(
    (await bench.failure(bench.fleet.pauseProject('p q', true, 'b'))).code,
    'INVALID_ARGUMENT',
  )
})

t.test('explain() says what was considered', async (t) => {
  const bench = fleetOf({ labels: ['eu'] })
  const id = await bench.add({ requires: ['gpu'] })
  t.match(await bench.result(bench.fleet.explain(id)), {
    why: 'waiting: no node with label gpu (n1 has no label gpu)',
    considered: [{ node: 'n1', fits: false }],
  })
})

t.test('watch() tells of each change of a task, in order', async (t) => {
  const bench = fleetOf()
  const states: string[] = []
  const subscription = bench.fleet.watch({ project: 'p' }, ({ state }) => states.push(state))
  const id = await bench.add()
  await bench.ended(id)
  subscription.close()
  await bench.add()
  t.same(states, ['available', 'assigned', 'executing', 'completed'])
})

t.test('no secret of a task is told, and its command gets them all', async (t) => {
  const bench = fleetOf()
  const told: Task[] = []
  bench.fleet.watch({}, (task) => told.push(task))
  const env = { MODE: 'fast', API_KEY: 's3cret', GITHUB_TOKEN: 's3cret' }
  const id = await bench.add({ env, metadata: { password: 's3cret', ticket: '7' } })
  told.push(await bench.ended(id), (await bench.result(bench.fleet.explain(id))).task)
  told.push(await bench.result(bench.fleet.act({ action: 'retry', id, by: 'ann' })))
  t.ok(told.length > 6)
  for (const { spec } of told) {
    t.same(spec.env, { MODE: 'fast', API_KEY: HIDDEN, GITHUB_TOKEN: HIDDEN })
    t.same(spec.metadata, { password: HIDDEN, ticket: '7' })
  }
  await bench.ended(told.at(-1)?.id ?? '')
  t.match(
    bench.starts.map((start) => start.env),
    [env, env],
    'those of a retried task too',
  )
})

t.test('a node that drains takes nothing new', async (t) => {
  const bench = fleetOf()
  const running = await bench.add({ argv: ['ok', '3000'] })
  bench.advance(100)
  bench.node.drain()
  const waiting = await bench.add()
  t.equal((await bench.ended(running)).state, 'completed')
  bench.advance(10_000)
  t.equal(bench.task(waiting).state, 'available')
})

t.test('no more run at once than there are slots, nor than a concurrency key lets', async (t) => {
  const bench = fleetOf({ slots: 3 })
  const concurrency = { key: 'one', max: 1 }
  for (let count = 0; count < 4; count++) await bench.add({ argv: ['ok', '500'], concurrency })
  for (let count = 0; count < 6; count++) await bench.add({ argv: ['ok', '500'] })
  let most = 0
  let mostOfKey = 0
  for (let tick = 0; tick < 400; tick++) {
    bench.advance(10)
    const running = bench.holder.running()
    most = Math.max(most, running.length)
    const ofKey = running.filter((key) => bench.task(key.split('.')[0] ?? '').spec.concurrency)
    mostOfKey = Math.max(mostOfKey, ofKey.length)
  }
  t.equal(most, 3)
  t.equal(mostOfKey, 1)
  t.match(bench.fleet.counts(), { completed: 10 })
})
