import t from 'tap'
import {
  heard,
  received,
  subscribed,
  subscribeAll,
  unsubscribed,
  type Channels,
  type Subscription,
} from '../../../console/page/live/channels.ts'
import { bookmarkOf, deltaOf, rowOf, snapOf } from './rows-of.ts'

const LIST = 'tasks:list'
const TERM = 'term:t07-A/1'
const NONE: Channels = new Map()

const list = (channels: Channels): Subscription | undefined => channels.get(LIST)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

t.test('subscribed() keeps the rows of the view before until the new ones are there', async (t) => {
  const shown = heard(
    subscribed(NONE, LIST, { view: { limit: 10 } }),
    snapOf({ rows: [rowOf('a')] }),
  ).channels
  const other = subscribed(shown, LIST, { view: { limit: 10, project: 'web' } })
  t.match(list(other), { view: { project: 'web' }, window: { rows: [{ id: 'a' }] } })
  t.match(list(heard(other, snapOf({ s: 1, rows: [] })).channels), { window: { rows: [] } })
})

t.test('heard() asks anew after a gap, once, and shows what it had meanwhile', async (t) => {
  const shown = heard(subscribed(NONE, LIST, {}), snapOf({ rows: [rowOf('a')] })).channels
  const gap = heard(shown, deltaOf({ f: 9, s: 10 }))
  t.same(gap.send, [{ t: 'sub', ch: LIST }])
  t.match(list(gap.channels), { window: { rows: [{ id: 'a' }] } })
})

t.test(
  'heard() drops deltas that come before the first snapshot, or between its parts',
  async (t) => {
    const asked = subscribed(NONE, LIST, {})
    t.same(heard(asked, deltaOf()), { channels: asked, send: [], output: [] })
    const shown = heard(asked, snapOf()).channels
    const half = heard(shown, snapOf({ s: 20, part: 1, parts: 2 })).channels
    t.same(heard(half, deltaOf({ f: 30, s: 31 })).send, [], 'no gap: it is of the view before')
    const whole = heard(half, snapOf({ s: 20, part: 2, parts: 2 })).channels
    t.same(heard(whole, bookmarkOf({ s: 20 })).send, [])
  },
)

t.test('heard() subscribes anew when it is told to, and knows what is gone', async (t) => {
  const shown = heard(subscribed(NONE, LIST, {}), snapOf({ rows: [rowOf('a')] })).channels
  const missed = heard(shown, { t: 'reset', ch: LIST, why: 'gap' })
  t.same(missed.send, [{ t: 'sub', ch: LIST }])
  const gone = heard(shown, { t: 'reset', ch: LIST, why: 'gone' })
  t.same(gone.send, [])
  t.match(list(gone.channels), { gone: true, window: undefined })
})

t.test('heard() leaves alone what is no longer subscribed', async (t) => {
  const left = unsubscribed(subscribed(NONE, LIST, {}), LIST)
  for (const message of [snapOf(), deltaOf(), bookmarkOf()]) {
    t.same(heard(left, message), { channels: left, send: [], output: [] })
  }
})

t.test('received() hands bytes on by their handle, from where the stream stands', async (t) => {
  const asked = subscribed(NONE, TERM, { from: 4 })
  t.same(received(asked, { handle: 3, offset: 4, bytes: bytes('x') }).output, [], 'not known yet')
  const opened = heard(asked, { t: 'term', ch: TERM, handle: 3, offset: 4 }).channels
  t.same(received(opened, { handle: 9, offset: 4, bytes: bytes('x') }).output, [], 'of another')

  const first = received(opened, { handle: 3, offset: 4, bytes: bytes('abc') })
  t.same(first.output, [{ channel: TERM, offset: 4, bytes: bytes('abc') }])
  const again = received(first.channels, { handle: 3, offset: 4, bytes: bytes('abcd') })
  t.same(
    again.output,
    [{ channel: TERM, offset: 7, bytes: bytes('d') }],
    'what is known is cut off',
  )
  const twice = received(again.channels, { handle: 3, offset: 4, bytes: bytes('abc') })
  t.same(twice.output, [])
  const gap = received(again.channels, { handle: 3, offset: 20, bytes: bytes('z') })
  t.same(gap.output, [{ channel: TERM, offset: 20, bytes: bytes('z') }], 'a hole is for the sink')
})

t.test('subscribeAll() goes on where each stream was, and forgets old handles', async (t) => {
  const opened = heard(subscribed(NONE, TERM, { from: 0 }), {
    ...({ t: 'term', ch: TERM, handle: 3, offset: 0 } as const),
  }).channels
  const moved = received(opened, { handle: 3, offset: 0, bytes: bytes('hello') }).channels
  const anew = subscribeAll(subscribed(moved, LIST, { view: { limit: 5 } }))
  t.same(anew.send, [
    { t: 'sub', ch: TERM, from: 5 },
    { t: 'sub', ch: LIST, view: { limit: 5 } },
  ])
  const stray = received(anew.channels, { handle: 3, offset: 5, bytes: bytes('!') })
  t.same(stray.output, [], 'the handle was of the connection before')
})

t.test('heard() tells the end of a stream, and of one whose output is gone', async (t) => {
  const opened = subscribed(NONE, TERM, { from: 2 })
  const ended = heard(opened, { t: 'term', ch: TERM, handle: 1, ended: true, offset: 9 })
  t.same(ended.output, [{ channel: TERM, offset: 9, ended: true }])
  const last = {
    t: 'term',
    ch: TERM,
    handle: 1,
    ended: true,
    offset: 2,
    failure: 'it is gone',
  } as const
  const output = [{ channel: TERM, offset: 2, ended: true, failure: 'it is gone' }]
  t.same(heard(opened, last).output, output)
  const gone = heard(opened, { t: 'reset', ch: TERM, why: 'gone' })
  t.same(gone.output, [{ channel: TERM, offset: 2, ended: true }])
})
