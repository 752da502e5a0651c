import t from 'tap'
import { Histogram } from '../../runtime/histogram.ts'

t.test('Histogram counts up to each bound, that bound with it', async (t) => {
  const histogram = new Histogram()
  for (const ms of [0, 1, 1.1, 600_000, 600_001]) histogram.add(ms)
  t.match(histogram, { count: 5, sumMs: 1_200_003.1 })
  const upTo = histogram.upTo()
  t.same(upTo.slice(0, 3), [
    [1, 2],
    [2.5, 3],
    [5, 3],
  ])
  t.same(upTo.at(-1), [600_000, 4], 'what took longer is only in the count')
})
