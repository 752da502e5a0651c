import fc from 'fast-check'
import t from 'tap'
import { before, Line, type Place } from '../../../actors/queue/line.ts'

t.test('before() goes by the moment, then by the id', async (t) => {
  const place = (id: string, enqueuedMs: number): Place => ({ id, enqueuedMs })
  for (const [a, b, first] of [
    [place('b', 1), place('a', 2), true],
    [place('a', 2), place('b', 1), false],
    [place('a', 1), place('b', 1), true],
    [place('b', 1), place('a', 1), false],
    [place('a', 1), place('a', 1), false],
  ] as const) {
    t.equal(before(a, b), first, `${a.id}${a.enqueuedMs} before ${b.id}${b.enqueuedMs}`)
  }
})

/** Who comes, and who leaves: at most 8 ids, so that they come again. */
const steps = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 7 }).map((number) => `t${number}`),
    enqueuedMs: fc.integer({ min: 0, max: 5 }),
    comes: fc.boolean(),
  }),
)

t.test('head() is the first of those who are there, also of those who came back', async () => {
  fc.assert(
    fc.property(steps, (moves) => {
      const line = new Line()
      const model = new Map<string, Place>()
      return moves.every(({ id, enqueuedMs, comes }) => {
        if (comes) line.add({ id, enqueuedMs })
        else line.remove(id)
        if (!comes) model.delete(id)
        else if (!model.has(id)) model.set(id, { id, enqueuedMs })
        const [first] = [...model.values()].sort((a, b) => (before(a, b) ? -1 : 1))
        const head = line.head()
        return head?.id === first?.id && head?.enqueuedMs === first?.enqueuedMs
      })
    }),
    { numRuns: 500 },
  )
})

t.test('remove() sweeps out who left, however deep in the line', async (t) => {
  const line = new Line()
  line.add({ id: 'first', enqueuedMs: 0 })
  for (let round = 0; round < 5_000; round++) {
    line.add({ id: 'deep', enqueuedMs: 10_000 - round })
    line.remove('deep')
  }
  line.add({ id: 'deep', enqueuedMs: 7 })
  t.equal(line.size, 2)
  t.equal(line.head()?.id, 'first')
  line.remove('first')
  t.same(line.head(), { id: 'deep', enqueuedMs: 7 })
})
