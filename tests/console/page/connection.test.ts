import t from 'tap'
import {
  begin,
  step,
  type Connection,
  type Effect,
  type Input,
} from '../../../console/page/live/connection.ts'
import { STALE_MS, stale } from '../../../console/page/live/freshness.ts'
import { CLOSE } from '../../../console/protocol.ts'
import { deltaOf, rowOf, snapOf, welcomeOf } from './rows-of.ts'

const CHANCE = 0.5

/** A connection that is led through inputs, and what it wanted done last. */
function led(...inputs: readonly (readonly [nowMs: number, input: Input])[]): {
  readonly state: Connection
  readonly effects: readonly Effect[]
} {
  let [state, effects] = begin('key', true, 0)
  for (const [nowMs, input] of inputs) [state, effects] = step(state, input, nowMs)
  return { state, effects }
}

const heard = (message: Extract<Input, { type: 'heard' }>['message']): Input => ({
  ...{ type: 'heard', message, chance: CHANCE },
})
const closed = (code: number): Input => ({ type: 'closed', code, chance: CHANCE })
const ticked: Input = { type: 'ticked', chance: CHANCE }
const opened: Input = { type: 'opened' }
const list: Input = { type: 'subscribed', channel: 'tasks:list', view: { limit: 10 } }
const live = [
  [0, opened],
  [0, heard(welcomeOf())],
] as const

t.test('step() says hello first, and subscribes once it is welcome', async (t) => {
  t.same(begin('key', true, 0)[1], [{ type: 'connect' }])
  t.same(led([0, list]).effects, [], 'nothing is sent before the welcome')
  t.same(led([0, list], [5, opened]).effects, [
    { type: 'send', message: { t: 'hello', v: 1, key: 'key', visible: true } },
  ])
  t.same(led([0, list], [5, opened], [6, heard(welcomeOf())]).effects, [
    { type: 'send', message: { t: 'sub', ch: 'tasks:list', view: { limit: 10 } } },
  ])
})

t.test('step() subscribes, unsubscribes and acknowledges at once while it is live', async (t) => {
  t.match(led(...live, [1, list]).effects, [{ message: { t: 'sub' } }])
  const left: Input = { type: 'unsubscribed', channel: 'tasks:list' }
  t.match(led(...live, [1, list], [2, left]).effects, [{ message: { t: 'unsub' } }])
  t.equal(led(...live, [1, list], [2, left]).state.channels.size, 0)
  const ack: Input = { type: 'acked', channel: 'term:t07-A/1', offset: 9 }
  t.match(led(...live, [1, ack]).effects, [{ message: { t: 'ack', offset: 9 } }])
})

t.test('step() comes back after a lost connection, later each time', async (t) => {
  let { state } = led(...live, [1, list], [2, heard(snapOf({ rows: [rowOf('a')] }))])
  let nowMs = 10
  for (const waitMs of [125, 250, 500, 1_000]) {
    ;[state] = step(state, closed(1006), nowMs)
    t.match(state.phase, { type: 'waiting', untilMs: nowMs + waitMs })
    const early = step(state, ticked, nowMs + waitMs - 1)
    t.same(early[1], [])
    const [again, effects] = step(state, ticked, nowMs + waitMs)
    t.same(effects, [{ type: 'connect' }])
    state = again
    nowMs += waitMs
  }
  t.match(state.channels.get('tasks:list'), { window: { rows: [{ id: 'a' }] } }, 'shown, if old')
  ;[state] = step(state, opened, nowMs)
  const [, effects] = step(state, heard(welcomeOf()), nowMs)
  t.match(effects, [{ message: { t: 'sub', ch: 'tasks:list' } }])
})

t.test('step() starts the schedule anew once a connection has held for 30 s', async (t) => {
  const news = [1, 2, 3].map((n) => [9_999 * n, heard(deltaOf({ ch: 'fleet' }))] as const)
  const before = led(...live, [0, closed(1006)], [125, ticked], [125, heard(welcomeOf())], ...news)
  t.equal(step(before.state, ticked, 30_124)[0].failures, 1)
  t.equal(step(before.state, ticked, 30_125)[0].failures, 0)
})

t.test('step() remembers the version that the page is of, through an upgrade', async (t) => {
  const upgraded = heard(welcomeOf({ version: '0.2.0' }))
  const { state } = led(...live, [1, closed(1006)], [200, ticked], [201, upgraded])
  t.match(state, { version: '0.1.0', welcome: { version: '0.2.0' } })
})

t.test('step() takes silence for a lost connection, sooner while it is looked at', async (t) => {
  t.same(led(...live, [10_000, ticked]).effects, [])
  t.same(led(...live, [10_001, ticked]).effects, [{ type: 'disconnect' }])
  const hidden: Input = { type: 'visible', visible: false }
  t.same(led(...live, [0, hidden], [45_000, ticked]).effects, [])
  t.same(led(...live, [0, hidden], [45_001, ticked]).effects, [{ type: 'disconnect' }])
})

t.test('step() gives up a socket that does not open', async (t) => {
  t.same(led([10_000, ticked]).effects, [])
  t.same(led([10_001, ticked]).effects, [{ type: 'disconnect' }])
})

t.test('step() does not come back when its key is refused', async (t) => {
  const ends = [closed(CLOSE.unauthenticated), heard({ t: 'bye', why: 'auth', retryMs: 0 })]
  for (const end of ends) {
    const { state } = led(...live, [1, end], [2, closed(1000)], [60_000, ticked])
    t.same(state.phase, { type: 'signedOut' })
  }
})

t.test('step() comes back no sooner than a node that drains wants it to', async (t) => {
  const { state, effects } = led(...live, [100, heard({ t: 'bye', why: 'drain', retryMs: 2_000 })])
  t.same(effects, [{ type: 'disconnect' }])
  t.same(state.phase, { type: 'waiting', untilMs: 100 + 2_000 + 125 })
})

t.test('step() sends a command again, under its key, when its answer was lost', async (t) => {
  const ask: Input = { type: 'asked', idem: 'k', cmd: { op: 'cancel', task: 't07-A' } }
  t.match(led(...live, [1, ask]).effects, [{ message: { t: 'cmd', idem: 'k', try: 1 } }])
  const back = [
    [2, closed(1006)],
    [200, ticked],
    [201, opened],
    [202, heard(welcomeOf())],
  ] as const
  t.match(led(...live, [1, ask], ...back).effects, [{ message: { t: 'cmd', idem: 'k', try: 2 } }])
  t.same(led(...live, [1, ask], ...back, [203, heard({ t: 'res', id: 'k', ok: 1 })]).effects, [
    { type: 'settle', idem: 'k', answer: { type: 'done', ok: 1 } },
  ])
  t.match(led(...live, [1, ask], [2, closed(1006)], [30_001, ticked], [30_001, ticked]).effects, [
    { type: 'settle', answer: { type: 'unknown' } },
  ])
})

t.test('step() reckons the clock of the page against the node’s', async (t) => {
  t.equal(led([50, opened], [60, heard(welcomeOf({ nowMs: 1_060 }))]).state.skewMs, -1_000)
})

t.test('stale() holds once nothing was heard for more than 5 s', async (t) => {
  t.ok(stale(led().state, 0), 'nothing was heard yet')
  const { state } = led(...live)
  t.notOk(stale(state, STALE_MS))
  t.ok(stale(state, STALE_MS + 1))
  t.notOk(stale(led(...live, [4_000, heard(deltaOf())]).state, 4_000 + STALE_MS))
})
