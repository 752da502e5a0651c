import t from 'tap'
import { Buckets } from '../../../console/gate/buckets.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'

t.test('take() allows a burst, then so many a second, each name for itself', async (t) => {
  const clock = new VirtualClock()
  const buckets = new Buckets({ clock, burst: 2, perSecond: 4 })
  t.same([buckets.take('a'), buckets.take('a')], [0, 0])
  t.equal(buckets.take('a'), 250, 'the next one is there in a quarter of a second')
  t.equal(buckets.take('b'), 0)
  clock.advance(250)
  t.equal(buckets.take('a'), 0)
  t.equal(buckets.take('a'), 250)
  clock.advance(60_000)
  t.same([buckets.take('a'), buckets.take('a'), buckets.take('a')], [0, 0, 250], 'never more')
})

t.test('names are forgotten, the ones longest unused first', async (t) => {
  const clock = new VirtualClock()
  const buckets = new Buckets({ clock, burst: 1, perSecond: 1 })
  buckets.take('old')
  for (let name = 0; name < 9_999; name++) buckets.take(String(name))
  t.equal(buckets.take('old'), 1_000, 'still known')
  buckets.take('one more')
  t.equal(buckets.take('old'), 1_000, 'used since')
  t.equal(buckets.take('0'), 0, 'forgotten')
})
