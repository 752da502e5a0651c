import t from 'tap'
import { parseSpec } from '../../actors/task/parse-spec.ts'
import { NodeBench } from './node-of.ts'

t.test('TaskFigures counts what tasks went through, and how long they waited', async (t) => {
  const bench = new NodeBench({ slots: 1 }).start()
  const { fleet, figures } = bench.node
  const retry = { max: 1, onExit: true, baseMs: 1, factor: 1, capMs: 1, jitter: 0 }
  const specs = [parseSpec({ argv: ['ok'] }), parseSpec({ argv: ['fail'], retry })]
  const request = { project: 'p', specs, try: 1, by: 'test' }
  await bench.result(fleet.submit({ ...request, key: 'a' }))
  bench.advance(10_000)
  t.match(figures, { submittedCount: 2, startedCount: 3, retriedCount: 1 })
  t.equal(figures.ended.get('completed'), 1)
  t.equal(
    [...figures.ended.values()].reduce((sum, count) => sum + count),
    2,
  )
  t.match(figures.acknowledged, { count: 1 })
  t.ok(figures.acknowledged.sumMs > 0, 'a commit takes its time')
  t.match(figures.waited, { count: 2 }, 'first attempts only')
  t.ok(figures.waited.sumMs > 0)
})
