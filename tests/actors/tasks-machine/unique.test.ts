import t from 'tap'
import { HERE, TasksBench } from './tasks-of.ts'

const UNIQUE = { unique: { key: 'one' } }

t.test(
  'what waits for a task that is not added waits for the one that stands for it',
  async (t) => {
    const bench = new TasksBench()
    const holder = bench.submit(HERE, UNIQUE)
    const [twin, dependent] = [bench.idIn(HERE), bench.idIn(HERE)]
    const reply = bench.trySubmit(HERE, [
      { id: dependent, spec: { after: [twin] } },
      { id: twin, spec: UNIQUE },
    ])
    t.match(reply, { type: 'submitted', ids: [dependent, holder] })
    t.match(bench.task(dependent), { state: 'suspended', dependencies: [{ id: holder }] })
    bench.run(holder)
    t.equal(bench.task(dependent).state, 'available')
  },
)

t.test('of a batch with one key twice the first stands for both', async (t) => {
  const bench = new TasksBench()
  const [first, second] = [bench.idIn(HERE), bench.idIn(HERE)]
  const reply = bench.trySubmit(HERE, [
    { id: first, spec: UNIQUE },
    { id: second, spec: UNIQUE },
  ])
  t.match(reply, { type: 'submitted', ids: [first, first] })
  t.throws(() => bench.task(second), /NOT_FOUND/)
})
