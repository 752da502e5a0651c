import t from 'tap'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import type { TaskSpec } from '../../../actors/task/spec.ts'
import { shardOfProject } from '../../../actors/task/task-id.ts'
import { HERE, TasksBench, THERE } from './tasks-of.ts'

t.test('the two projects of these tests are in different shards', async (t) => {
  t.not(shardOfProject(HERE), shardOfProject(THERE))
})

t.test(
  'a task waits for one of another shard, says for which, and goes on when it has completed',
  async (t) => {
    const bench = new TasksBench()
    const needed = bench.submit(THERE)
    const id = bench.submit(HERE, { after: [needed] })
    t.match(bench.task(id), { state: 'suspended', reason: `waits for ${needed}` })
    bench.settle()
    t.match(bench.task(id), {
      state: 'suspended',
      reason: `waits for ${needed} of project "there"`,
    })
    t.same(bench.task(needed).dependents, [id])
    bench.run(needed)
    bench.settle()
    t.match(bench.task(id), {
      state: 'available',
      dependencies: [{ id: needed, project: THERE, state: 'completed' }],
    })
  },
)

t.test('one that fails cancels its dependents in every shard, and theirs', async (t) => {
  const bench = new TasksBench()
  const first = bench.submit(THERE)
  const second = bench.submit(HERE, { after: [first] })
  const third = bench.submit(THERE, { after: [second] })
  bench.settle()
  bench.run(first, 1)
  bench.settle()
  t.match(bench.task(second), {
    state: 'cancelled',
    reason: `cancelled by its dependency ${first} of project "there", which is failed`,
  })
  t.match(bench.task(third), { state: 'cancelled' })
})

t.test('the first answer is how the dependency is now', async (t) => {
  const bench = new TasksBench()
  const [done, failed] = [bench.submit(THERE), bench.submit(THERE)]
  bench.run(done)
  bench.run(failed, 1)
  const afterDone = bench.submit(HERE, { after: [done] })
  const afterFailed = bench.submit(HERE, { after: [failed] })
  bench.settle()
  t.equal(bench.task(afterDone).state, 'available')
  t.match(bench.task(afterFailed), {
    state: 'waiting_human',
    reason: `waits for a person: its dependency ${failed} of project "there" did not complete`,
  })
})

t.test('one that was forgotten meanwhile leaves its dependent to a person', async (t) => {
  const bench = new TasksBench()
  const gone = bench.idIn(THERE)
  const reason = `waits for a person: its dependency ${gone} never was, or was forgotten`
  const [a, b] = [bench.submit(HERE, { after: [gone] }), bench.submit(HERE, { after: [gone] })]
  bench.settle()
  t.match(bench.task(a), { state: 'waiting_human', reason })
  t.match(bench.of(a, { type: 'retry', task: a, by: 'ann', id: bench.idIn(HERE) }), { ids: [a] })
  t.match(bench.task(a), { state: 'available', dependencies: [{ state: 'waived' }] })
  bench.of(b, { type: 'cancel', task: b, by: 'ann' })
  t.equal(bench.task(b).state, 'cancelled')
})

t.test(
  'a person lets a task go on without what is lost, and the rest is still waited for',
  async (t) => {
    const bench = new TasksBench()
    const gone = bench.idIn(THERE)
    const needed = bench.submit(THERE)
    const id = bench.submit(HERE, { after: [gone, needed] })
    bench.settle()
    bench.of(id, { type: 'retry', task: id, by: 'ann', id: bench.idIn(HERE) })
    t.match(bench.task(id), {
      state: 'suspended',
      reason: `waits for ${needed} of project "there"`,
    })
    bench.run(needed)
    bench.settle()
    t.equal(bench.task(id).state, 'available')
  },
)

t.test(
  'a dependency that the door did not find is refused, and the same key is answered as before',
  async (t) => {
    const bench = new TasksBench()
    const gone = bench.idIn(THERE)
    const tasks = [{ id: bench.idIn(HERE), spec: { after: [gone] } }]
    const refused = bench.trySubmit(HERE, tasks, { absent: [gone] })
    t.match(refused, {
      type: 'refused',
      code: 'INVALID_ARGUMENT',
      message: /never was, or was forgotten/,
    })
    const key = { key: 'same', digest: 'same' }
    const first = bench.trySubmit(HERE, tasks, key)
    t.match(bench.trySubmit(HERE, tasks, { ...key, try: 2, absent: [gone] }), {
      ...first,
      repeated: true,
    })
  },
)

t.test('a task that is cancelled is no longer told, nor kept as a dependent', async (t) => {
  const bench = new TasksBench()
  const needed = bench.submit(THERE)
  const id = bench.submit(HERE, { after: [needed] })
  bench.settle()
  bench.of(id, { type: 'cancel', task: id, by: 'ann' })
  bench.settle()
  t.same(bench.task(needed).dependents, [])
  const dependency = { id: needed, state: 'completed' } as const
  bench.of(id, { type: 'settle', task: id, dependency, how: 'completed' })
  bench.of(id, { type: 'hear', task: id, dependency })
  t.equal(bench.task(id).state, 'cancelled', 'what was written before is not heard any more')
})

t.test('a project of the same shard needs no letter, and is named all the same', async (t) => {
  const bench = new TasksBench()
  const twin = twinOf(HERE)
  const needed = bench.submit(twin)
  const id = bench.submit(HERE, { after: [needed] })
  t.equal(bench.task(id).reason, `waits for ${needed} of project "${twin}"`)
  bench.run(needed)
  t.equal(bench.task(id).state, 'available')
})

function twinOf(project: string): string {
  const names = Array.from({ length: 1_000 }, (_, at) => `twin${at}`)
  return names.find((name) => shardOfProject(name) === shardOfProject(project)) ?? ''
}

t.test('whatever the program dies at, a dependent hears how its dependency ended', async (t) => {
  let alive = 0
  for (let steps = 1; alive < 5; steps += 1) {
    const bench = new TasksBench()
    const [good, bad] = [bench.submit(THERE), bench.submit(THERE)]
    const ids = [bench.submit(HERE, { after: [good] }), bench.submit(HERE, { after: [bad] })]
    bench.start(good)
    bench.start(bad)
    bench.bench.stepsLeft = steps
    bench.tell(good, bench.finishing(good))
    bench.tell(bad, bench.finishing(bad, 1))
    bench.settle(200)
    if (bench.bench.alive) alive += 1
    bench.bench.stepsLeft = Infinity
    bench.restart()
    bench.of(good, bench.finishing(good))
    bench.of(bad, bench.finishing(bad, 1))
    bench.settle()
    const states = ids.map((id) => bench.task(id).state)
    t.same(states, ['available', 'cancelled'], `dead after ${steps} steps`)
  }
})

t.test(
  'the door asks for what is waited for elsewhere, and refuses what is not there',
  async (t) => {
    const bench = new TasksBench()
    const fleet = bench.fleet()
    const submit = (after: string) =>
      bench.soon(
        fleet.submit({ project: HERE, specs: [specOf(after)], key: after, try: 1, by: 'ann' }),
      )
    const needed = bench.submit(THERE)
    const [id = ''] = (await submit(needed)).ids
    t.match(bench.task(id), { state: 'suspended' })
    const gone = bench.idIn(THERE)
    await t.rejects(submit(gone), {
      code: 'INVALID_ARGUMENT',
      message: /never was, or was forgotten/,
    })
  },
)

function specOf(after: string): TaskSpec {
  return parseSpec({ argv: ['work'], after: [after] })
}
