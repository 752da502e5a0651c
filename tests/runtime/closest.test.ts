import t from 'tap'
import { closest, editDistance } from '../../runtime/closest.ts'

t.test('editDistance() counts letters added, dropped, changed and swapped', async (t) => {
  for (const [from, to, distance] of [
    ['labels', 'labels', 0],
    ['lables', 'labels', 1],
    ['label', 'labels', 1],
    ['slot', 'slots', 1],
    ['name', 'game', 1],
    ['', 'abc', 3],
  ] as const) {
    t.equal(editDistance(from, to), distance, `${from} ${to}`)
  }
  t.equal(closest('lables', ['labels', 'slots']), 'labels')
  t.equal(closest('zebra', ['labels', 'slots']), undefined)
  t.equal(closest('x', []), undefined)
  t.equal(closest('Prio', ['project', 'priority']), 'priority')
  t.equal(closest('pr', ['priority']), undefined, 'too short to say')
  t.equal(closest('max', ['maximumCalls', 'maximumBytes']), undefined, 'it could be either')
})
