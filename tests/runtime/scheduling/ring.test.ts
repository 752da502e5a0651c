import fc from 'fast-check'
import t from 'tap'
import { Ring } from '../../../runtime/scheduling/ring.ts'

t.test('a ring is a list that is quick at both ends', async (t) => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('push' as const) },
    fc.constantFrom('unshift' as const, 'shift' as const, 'pop' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ring = new Ring<number>()
      const list: number[] = []
      for (const [at, what] of steps.entries()) {
        if (what === 'push' || what === 'unshift') {
          ring[what](at)
          list[what](at)
        } else if (ring[what]() !== list[what]()) return false
        if (ring.count !== list.length) return false
      }
      return list.every((each) => ring.shift() === each) && ring.shift() === undefined
    }),
  )
  t.pass('for any steps')
})
