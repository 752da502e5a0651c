import t from 'tap'
import { Recency } from '../../actors/recency.ts'

function recencyOf(...ids: string[]): Recency<string> {
  const recency = new Recency<string>()
  for (const id of ids) recency.put(id, id.toUpperCase())
  return recency
}

t.test('put() makes a value the newest, also one that is known', async (t) => {
  const recency = recencyOf('a', 'b', 'c', 'a')
  t.same([...recency.newestFirst()], ['A', 'C', 'B'])
  t.same(recency.oldest(), ['b', 'B'])
  t.equal(recency.size, 3)
})

t.test('delete() unlinks the newest, the oldest, one between, and none', async (t) => {
  for (const [gone, rest] of [
    ['a', ['C', 'B']],
    ['b', ['C', 'A']],
    ['c', ['B', 'A']],
    ['x', ['C', 'B', 'A']],
  ] as const) {
    const recency = recencyOf('a', 'b', 'c')
    recency.delete(gone)
    t.same([...recency.newestFirst()], rest)
  }
  const one = recencyOf('a')
  one.delete('a')
  t.equal(one.oldest(), undefined)
  one.put('b', 'B')
  t.same([...one.newestFirst()], ['B'])
})
