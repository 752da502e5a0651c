import fc from 'fast-check'
import t from 'tap'
import { findCycle } from '../../../actors/tasks-machine/admission.ts'
import { QUEUE_LIMITS } from '../../../actors/task/limits.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import { idOf } from '../task-of.ts'
import { refusalOf, TaskShard } from './shard-of.ts'

t.test('a task begins where its conditions put it', async (t) => {
  const shard = new TaskShard()
  const nowMs = shard.clock.wallMs()
  const first = shard.submit()
  for (const [spec, expected] of [
    [{}, { state: 'available', reason: 'waiting for a slot' }],
    [{ requires: ['gpu', 'x64'] }, { reason: 'waiting for a slot on a node with gpu, x64' }],
    [{ notBeforeMs: nowMs }, { state: 'available' }],
    [
      { notBeforeMs: nowMs + 60_000 },
      { state: 'scheduled', reason: 'waits until 2026-01-01T00:01:00Z', wakeMs: nowMs + 60_000 },
    ],
    [{ after: [first] }, { state: 'suspended', reason: `waits for ${first}` }],
  ] as const) {
    t.match(shard.task(shard.submit(spec)), { ...expected, version: 1, by: 'ann', attempt: 0 })
  }
})

t.test('a reason names three tasks, and counts the rest', async (t) => {
  const shard = new TaskShard()
  const ids = shard.submitAll({}, {}, {}, {}, {})
  const id = shard.submit({ after: ids })
  t.equal(shard.task(id).reason, `waits for ${ids.slice(0, 3).join(', ')} and 2 more`)
})

t.test('the same key gives the same answer, the same key with another body none', async (t) => {
  const shard = new TaskShard()
  const command = shard.request([{}, {}])
  const first = shard.ask(command)
  t.match(first, { type: 'submitted', repeated: false })
  t.match(shard.ask({ ...command, try: 2 }), { ...first, repeated: true })
  t.same(shard.events, [])
  const other = { ...command, digest: 'other' }
  t.match(refusalOf(shard.ask(other)), { code: 'ALREADY_EXISTS', message: /another request/ })
  t.match(shard.succeeded().ask(command), { ...first, repeated: true }, 'the next leader too')
})

t.test('keys are a project’s own, whatever the names', async (t) => {
  const shard = new TaskShard()
  for (const spec of [() => ({}), (key: string) => ({ unique: { key } })]) {
    const ask = (project: string, key: string): string => {
      const reply = shard.ask(shard.request([spec(key)], { project, key: `${key} once` }))
      return reply.type === 'submitted' ? (reply.ids[0] ?? '') : refusalOf(reply).message
    }
    const ids = [ask('a', 'b/c'), ask('a/b', 'c')]
    t.ok(ids.every((id) => shard.row('task', id)) && ids[0] !== ids[1], ids.join())
    shard.rowsOf.get('key')?.clear()
  }
})

t.test('a refusal is remembered from the second try on', async (t) => {
  const shard = new TaskShard()
  const missing = idOf(999)
  const command = shard.request([{ after: [missing] }])
  t.match(refusalOf(shard.ask(command)), { code: 'INVALID_ARGUMENT' })
  t.same(shard.events, [], 'the first try leaves nothing')
  const refusal = shard.ask({ ...command, try: 2 })
  t.same(shard.recorded(), ['key answered'])
  const now = {
    ...command,
    try: 3,
    tasks: command.tasks.map((task) => ({ ...task, spec: parseSpec({ argv: ['ok'] }) })),
  }
  t.same(shard.ask(now), refusal, 'though it would be taken now')
})

t.test('a full queue refuses with when to come again, and remembers nothing', async (t) => {
  const shard = new TaskShard()
  const batch = Array.from({ length: QUEUE_LIMITS.batch }, () => ({}))
  const rounds = QUEUE_LIMITS.waitingPerProject / QUEUE_LIMITS.batch
  const ids: string[] = []
  for (let round = 0; round < rounds; round++) ids.push(...shard.submitAll(...batch))
  const command = shard.request([{}], { try: 2 })
  t.match(refusalOf(shard.ask(command)), {
    code: 'RESOURCE_EXHAUSTED',
    retryAfterMs: 5_000,
    message: 'Cannot submit to "p": 100000 tasks wait, the limit is 100000',
  })
  t.same(shard.events, [])
  const [first = '', second = ''] = ids
  shard.ask({ type: 'pause', task: first, by: 'ann' })
  t.equal(refusalOf(shard.ask(command)).code, 'RESOURCE_EXHAUSTED', 'a paused task counts')
  shard.run(second)
  t.equal(shard.ask(command).type, 'submitted', 'the very same request, once there is room')
  shard.finish(second)
  const retry = shard.ask({ type: 'retry', task: second, by: 'bob', id: shard.nextId() })
  t.equal(refusalOf(retry).code, 'RESOURCE_EXHAUSTED', 'what is done again needs room too')
})

t.test('a batch is taken as a whole or not at all', async (t) => {
  const shard = new TaskShard()
  const command = shard.request([{}, { after: [idOf(999)] }, {}])
  t.match(refusalOf(shard.ask(command)), { message: /its dependency ".*" never was/ })
  t.equal(shard.rowsOf.get('task')?.size, 0)
})

t.test('an id is taken once', async (t) => {
  const shard = new TaskShard()
  const [task] = shard.request([{}]).tasks
  if (!task) return
  t.match(refusalOf(shard.ask({ ...shard.request([]), tasks: [task, task] })), {
    message: 'Cannot submit: two tasks have the same id',
  })
  shard.ask({ ...shard.request([]), tasks: [task] })
  t.match(refusalOf(shard.ask({ ...shard.request([]), tasks: [task] })), {
    code: 'ALREADY_EXISTS',
    message: `Cannot submit "${task.id}": there is such a task`,
  })
})

t.test('tasks of a batch may wait for each other, in any order, but not in a circle', async (t) => {
  const shard = new TaskShard()
  const [a = '', b = '', c = ''] = [shard.nextId(), shard.nextId(), shard.nextId()]
  const batch = (...edges: readonly (readonly [string, readonly string[]])[]) => ({
    ...shard.request([]),
    tasks: edges.map(([id, after]) => ({ id, spec: parseSpec({ argv: ['ok'], after }) })),
  })
  t.match(refusalOf(shard.ask(batch([a, [b]], [b, [c]], [c, [a]]))), {
    code: 'INVALID_ARGUMENT',
    message: `Cannot submit: the tasks wait for each other: ${a} → ${b} → ${c} → ${a}`,
  })
  t.match(refusalOf(shard.ask(batch([a, [a]]))), { message: new RegExp(`${a} → ${a}$`) })
  shard.ask(batch([a, [b, c, c]], [b, [c]], [c, []]))
  t.same(
    [a, b, c].map((id) => shard.state(id)),
    ['suspended', 'suspended', 'available'],
  )
  t.same(shard.task(c).dependents, [a, b])
  shard.complete(c)
  shard.complete(b)
  t.equal(shard.state(a), 'available')
})

t.test('findCycle() finds a circle if and only if there is no order', async () => {
  const edges = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 10 })
  fc.assert(
    fc.property(edges, (pairs) => {
      const specs = new Map(
        Array.from({ length: 6 }, (_, at) => {
          const after = pairs.filter(([from]) => from === at).map(([, to]) => idOf(to))
          return [idOf(at), parseSpec({ argv: ['ok'], after })] as const
        }),
      )
      const cycle = findCycle(specs)
      const left = new Map(specs)
      for (let round = 0; round < 6; round++)
        for (const [id, { after }] of left)
          if (!after.some((each) => left.has(each))) left.delete(id)
      if (!cycle) return left.size === 0
      const steps = cycle.slice(1).map((id, at) => specs.get(cycle[at] ?? '')?.after.includes(id))
      return left.size > 0 && cycle[0] === cycle.at(-1) && steps.every(Boolean)
    }),
    { numRuns: 500 },
  )
})

t.test('what is waited for may have ended already', async (t) => {
  const shard = new TaskShard()
  const [done, failed] = [shard.submit(), shard.submit()]
  shard.complete(done)
  shard.run(failed)
  shard.finish(failed, { class: 'exit', code: 1 })
  t.equal(shard.state(shard.submit({ after: [done] })), 'available')
  t.match(shard.task(shard.submit({ after: [done, failed] })), {
    state: 'waiting_human',
    reason: `waits for a person: its dependency ${failed} did not complete`,
    dueMs: undefined,
  })
})

t.test('one task has a bounded number of dependents', async (t) => {
  const shard = new TaskShard()
  const needed = shard.submit()
  shard.rowsOf.get('task')?.set(needed, {
    ...shard.task(needed),
    dependents: Array.from({ length: QUEUE_LIMITS.dependents - 1 }, (_, at) => idOf(at + 5_000)),
  })
  const after = [needed]
  t.match(refusalOf(shard.ask(shard.request([{ after }, { after }]))), {
    code: 'FAILED_PRECONDITION',
    message: `Cannot submit: 9999 tasks wait for "${needed}", the limit is 10000`,
  })
  t.equal(shard.ask(shard.request([{ after: [needed, needed] }])).type, 'submitted')
})

const unique = (more: object = {}): object => ({ unique: { key: 'nightly', ...more } })

t.test('unique: the one there is stands for the new one while it lives', async (t) => {
  const shard = new TaskShard()
  const first = shard.submit(unique())
  t.equal(shard.submit(unique()), first)
  shard.run(first)
  t.equal(shard.submit(unique()), first)
  shard.finish(first)
  t.not(shard.submit(unique()), first)
})

t.test('unique: attach gives the one there is the higher of both priorities', async (t) => {
  const shard = new TaskShard()
  const first = shard.submit({ ...unique(), priority: 4 })
  t.equal(shard.submit({ ...unique({ onConflict: 'ignore' }), priority: 9 }), first)
  t.equal(shard.task(first).spec.priority, 4)
  for (const [priority, after] of [
    [3, 4],
    [7, 7],
  ] as const) {
    t.equal(shard.submit({ ...unique({ onConflict: 'attach' }), priority }), first)
    t.equal(shard.task(first).spec.priority, after)
  }
})

t.test('unique: replace cancels the one there is, unless it runs', async (t) => {
  const shard = new TaskShard()
  const first = shard.submit(unique())
  const waiter = shard.submit({ after: [first] })
  const second = shard.submit(unique({ onConflict: 'replace' }))
  t.match(shard.task(first), {
    state: 'cancelled',
    reason: `cancelled by its replacement ${second}`,
  })
  t.equal(shard.state(waiter), 'cancelled', 'it waited for what will never be')
  shard.run(second)
  t.match(refusalOf(shard.ask(shard.request([unique({ onConflict: 'replace' })]))), {
    code: 'FAILED_PRECONDITION',
    message: `Cannot replace "${second}": it is executing`,
  })
  t.equal(shard.submit(unique()), second)
})

t.test('unique: one batch may replace tasks that somebody waits for together', async (t) => {
  const shard = new TaskShard()
  const keys = ['a', 'b'].map((key) => ({ unique: { key } }))
  const holders = shard.submitAll(...keys)
  const waiter = shard.submit({ after: holders })
  shard.submitAll(...keys.map(({ unique: { key } }) => unique({ key, onConflict: 'replace' })))
  t.equal(shard.state(waiter), 'cancelled')
  t.same(shard.row('tally', 'all'), { cancelled: 3 })
})

t.test(
  'unique: a completed one stands for others within its window, a failed one never',
  async (t) => {
    const shard = new TaskShard()
    const windowMs = 60_000
    const first = shard.submit(unique({ windowMs }))
    shard.complete(first)
    shard.advance(windowMs - 1)
    t.equal(shard.submit(unique({ onConflict: 'attach' })), first)
    const other = shard.submit(unique({ onConflict: 'replace', windowMs }))
    t.not(other, first)
    t.equal(shard.state(first), 'completed')
    shard.ask({ type: 'forget', tasks: [first] })
    t.equal(shard.submit(unique()), other, 'the key is not the first one’s any more')
    shard.run(other)
    shard.finish(other, { class: 'exit', code: 1 })
    const third = shard.submit(unique({ windowMs }))
    t.not(third, other)
    shard.complete(third)
    shard.advance(windowMs)
    t.not(shard.submit(unique()), third)
  },
)

t.test('unique: a key is forgotten with its task', async (t) => {
  const shard = new TaskShard()
  const id = shard.submit(unique({ windowMs: 60_000 }))
  shard.complete(id)
  shard.ask({ type: 'forget', tasks: [id] })
  t.same([...(shard.rowsOf.get('unique') ?? [])], [])
  t.not(shard.submit(unique()), id)
})
