import t from 'tap'
import {
  applyBookmark,
  applyDelta,
  windowOf,
  withPart,
  type Window,
} from '../../../console/page/live/window.ts'
import { bookmarkOf, deltaOf, rowOf, snapOf } from './rows-of.ts'

function held(...snaps: readonly ReturnType<typeof snapOf>[]): Window | undefined {
  return windowOf(snaps.reduce(withPart, new Map()))
}

function windowWith(...ids: readonly string[]): Window {
  const window = held(snapOf({ rows: ids.map((id) => rowOf(id)) }))
  if (!window) throw new Error('a snapshot of one part is whole')
  return window
}

const idsOf = (window: Window | undefined | 'gap'): readonly string[] =>
  typeof window === 'object' ? window.rows.map(({ id }) => id) : []

t.test('windowOf() waits for every part, in whatever order they come', async (t) => {
  const [first, second] = [1, 2].map((part) =>
    snapOf({ part, parts: 2, rows: [rowOf(`t${part}`)], total: 2 }),
  )
  if (!first || !second) throw new Error('there are two parts')
  t.equal(held(second), undefined)
  t.same(idsOf(held(second, first)), ['t1', 't2'])
  t.equal(held(first, second)?.total, 2)
})

t.test('withPart() throws away the parts of an older snapshot', async (t) => {
  const old = snapOf({ s: 6, parts: 2, part: 1 })
  t.equal(held(old, snapOf({ s: 7, parts: 2, part: 2 })), undefined)
  t.equal(held(old, snapOf({ ep: 'two:1', parts: 2, part: 2, s: 6 })), undefined)
})

t.test('windowOf() orders by the newest change, then by id', async (t) => {
  const rows = [rowOf('b'), rowOf('c', { updatedMs: 5 }), rowOf('a')]
  t.same(idsOf(held(snapOf({ rows }))), ['c', 'a', 'b'])
})

t.test('applyDelta() changes, adds and removes rows, and moves on', async (t) => {
  const after = applyDelta(
    windowWith('a', 'b', 'c'),
    deltaOf({
      up: [rowOf('b', { state: 'executing', updatedMs: 9 }), rowOf('d')],
      rm: ['a'],
      total: 9,
    }),
  )
  t.same(idsOf(after), ['b', 'c', 'd'])
  t.match(after, { s: 8, total: 9, asofMs: 2_000, rows: [{ state: 'executing' }] })
})

t.test('applyDelta() keeps what a delta does not tell', async (t) => {
  const cursor = 'older'
  const window = held(snapOf({ total: 4, cursor }))
  t.match(window && applyDelta(window, deltaOf()), { total: 4, cursor })
})

t.test(
  'applyDelta() calls it a gap when one is late, lost, repeated or of another epoch',
  async (t) => {
    const window = windowWith('a')
    t.equal(applyDelta(window, deltaOf({ f: 8, s: 9 })), 'gap', 'one was lost')
    t.equal(applyDelta(window, deltaOf({ f: 6, s: 7 })), 'gap', 'one is late')
    t.equal(applyDelta(window, deltaOf({ ep: 'one:2' })), 'gap', 'the node has restarted')
    const once = applyDelta(window, deltaOf())
    t.equal(once === 'gap' || applyDelta(once, deltaOf()), 'gap', 'it came twice')
    t.same(idsOf(window), ['a'], 'the old window is left as it was')
  },
)

t.test('applyBookmark() makes a window younger, and finds what was missed', async (t) => {
  const window = windowWith('a')
  t.match(applyBookmark(window, bookmarkOf()), { s: 7, asofMs: 3_000 })
  t.equal(applyBookmark(window, bookmarkOf({ s: 8 })), 'gap')
  t.equal(applyBookmark(window, bookmarkOf({ ep: 'one:2' })), 'gap')
})
