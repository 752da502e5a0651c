import t from 'tap'
import { CLOSE, type FromPage } from '../../../console/protocol.ts'
import { specOf } from '../../node/admin/fleet-of.ts'
import { liveOf } from './live-of.ts'
import { mirrorOf, settled } from './page-of.ts'

const BY = { project: 'default', by: 'local' }
const ALL: FromPage = { t: 'sub', ch: 'tasks:all', view: { limit: 50 } }

t.test('a page says who it is and is welcome', async (t) => {
  const { greet, clock } = liveOf()
  const page = greet('viewer')
  t.same(page.texts, [
    {
      ...{ t: 'welcome', node: 'one', boot: 3, version: '0.1.0', served: 'node' },
      ...{ heartbeatMs: 15_000, nowMs: clock.wallMs(), user: { name: 'viewer', role: 'viewer' } },
    },
  ])
})

t.test('a page that does not say who it is within 5 s is closed', async (t) => {
  const { connect, clock, live } = liveOf()
  const page = connect()
  clock.advance(4_999)
  t.equal(page.code, undefined)
  clock.advance(1)
  t.equal(page.code, CLOSE.unauthenticated)
  t.match(page.texts, [{ t: 'bye', why: 'auth' }])
  t.equal(live.connectionCount, 0)
})

t.test('a page that is nobody, or says something before that, is closed', async (t) => {
  const { connect, fleet } = liveOf()
  for (const first of [
    { t: 'hello', v: 1, key: 'wrong', visible: true },
    { t: 'sub', ch: 'fleet' },
    { t: 'cmd', id: '1', idem: 'i', try: 1, cmd: { op: 'submit', spec: { argv: ['a'] } } },
  ]) {
    const page = connect()
    page.say(first)
    t.equal(page.code, CLOSE.unauthenticated, first.t)
    page.say({ t: 'hello', v: 1, key: 'admin', visible: true })
    t.equal(page.heard('welcome').length, 0, 'and stays so')
  }
  t.equal(fleet.submitted.length, 0)
})

t.test('what is no message closes the page', async (t) => {
  const { greet, live, unexpected } = liveOf()
  const wrong = [
    '',
    'null',
    '[]',
    '{"t":',
    '{"t": "none"}',
    '{"t": "sub"}',
    '{"t": "sub", "ch": "none"}',
    '{"t": "sub", "ch": "tasks:a b"}',
    '{"t": "sub", "ch": "task:x"}',
    '{"t": "sub", "ch": "term:t07-00000000000000000000000001/0"}',
    '{"t": "sub", "ch": "tasks:a", "view": {"limit": 201}}',
    '{"t": "sub", "ch": "tasks:a", "view": {"limit": 1, "states": ["x"]}}',
    '{"t": "sub", "ch": "fleet", "extra": 1}',
    '{"t": "sub", "ch": "term:t07-00000000000000000000000001/1", "from": -1}',
    '{"t": "ack", "ch": "fleet", "offset": 1.5}',
    '{"t": "visible", "visible": 1}',
    '{"t": "hello", "v": 1, "key": "admin", "visible": true}',
    '{"t": "cmd", "id": "1", "idem": "", "try": 1, "cmd": {"op": "cancel", "task": "x"}}',
    '{"t": "cmd", "id": "1", "idem": "i", "try": 1, "cmd": {"op": "explode"}}',
    `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
    '{"__proto__": {"t": "sub"}}',
  ]
  for (const text of wrong) {
    const page = greet()
    page.say(text)
    t.equal(page.code, CLOSE.malformed, text.slice(0, 60))
  }
  const binary = greet()
  binary.listener?.message(new TextEncoder().encode(JSON.stringify(ALL)), 'binary')
  t.equal(binary.code, CLOSE.malformed)
  t.equal(live.connectionCount, 0)
  t.same(unexpected, [])
})

t.test('a frame of more than 64 KiB, and too many of any, close the page', async (t) => {
  const { greet, clock } = liveOf({ messagesBurst: 10, messagesPerSecond: 5 })
  const big = greet()
  big.listener?.message(new Uint8Array(64 * 1024 + 1), 'text')
  t.equal(big.code, CLOSE.tooBig)
  const chatty = greet()
  for (let count = 0; count < 9; count++) chatty.say({ t: 'visible', visible: true })
  t.equal(chatty.code, undefined)
  clock.advance(1_000)
  for (let count = 0; count < 5; count++) chatty.say({ t: 'visible', visible: true })
  t.equal(chatty.code, undefined)
  chatty.say({ t: 'visible', visible: true })
  t.equal(chatty.code, CLOSE.rate)
})

t.test('changes are told at once after a pause, then four times a second', async (t) => {
  const { greet, fleet, pass } = liveOf()
  const page = greet()
  page.say(ALL)
  await settled()
  t.match(page.heard('snap'), [{ ch: 'tasks:all', ep: 'one:3', rows: [], total: 0 }])
  const id = fleet.add(specOf(), BY)
  await pass(1)
  t.match(page.heard('d'), [{ up: [{ id, state: 'available' }], total: 1 }])
  for (const state of ['assigned', 'executing', 'completed'] as const) fleet.change(id, { state })
  await pass(248)
  t.equal(page.heard('d').length, 1)
  await pass(2)
  t.match(page.heard('d')[1], { up: [{ state: 'completed' }], counts: { completed: 1 } })
  await pass(1_000)
  t.equal(page.heard('d').length, 2, 'and nothing where nothing changes')
})

t.test('a page may have several windows, replace one, and close one', async (t) => {
  const { greet, fleet, live, pass } = liveOf()
  const page = greet()
  page.say(ALL)
  page.say({ t: 'sub', ch: 'tasks:run', view: { limit: 5, states: ['executing'] } })
  await settled()
  const id = fleet.add(specOf(), BY)
  await pass(250)
  t.equal(mirrorOf(page.texts, 'tasks:all').rows.size, 1)
  t.equal(mirrorOf(page.texts, 'tasks:run').rows.size, 0)
  fleet.change(id, { state: 'executing' })
  await pass(250)
  t.equal(mirrorOf(page.texts, 'tasks:run').rows.size, 1)
  page.say({ t: 'sub', ch: 'tasks:run', view: { limit: 5, states: ['failed'] } })
  await settled()
  t.equal(mirrorOf(page.texts, 'tasks:run').rows.size, 0)
  t.equal(live.viewCount, 2)
  page.say({ t: 'unsub', ch: 'tasks:run' })
  page.say({ t: 'unsub', ch: 'tasks:all' })
  t.equal(live.viewCount, 0)
  const heard = page.texts.length
  fleet.change(id, { state: 'completed' })
  await pass(1_000)
  t.equal(page.texts.length, heard)
})

t.test('while nobody looks, nothing is watched', async (t) => {
  const { greet, fleet, live } = liveOf()
  const pages = [greet(), greet()]
  t.equal(fleet.watchers.size, 0)
  for (const page of pages) {
    page.say(ALL)
    page.say({ t: 'sub', ch: 'fleet' })
  }
  await settled()
  t.equal(fleet.watchers.size, 1, 'one for all of them')
  t.equal(live.viewCount, 2)
  t.equal(fleet.calls.length, 1, 'listed once')
  for (const page of pages) page.listener?.closed()
  t.equal(fleet.watchers.size, 0)
  t.equal(live.viewCount, 0)
})

t.test('the fleet is told of once a second, so that silence means something', async (t) => {
  const { greet, pass } = liveOf()
  const page = greet()
  page.say({ t: 'sub', ch: 'fleet' })
  await settled()
  t.match(page.heard('snap'), [{ ch: 'fleet', rows: [{ id: 'fleet', node: 'one' }] }])
  await pass(3_000)
  t.equal(page.heard('d').length, 3)
})

t.test('a channel is never silent for more than 15 s', async (t) => {
  const { greet, pass } = liveOf()
  const page = greet()
  page.say(ALL)
  await pass(9_750)
  t.equal(page.heard('bm').length, 0)
  await pass(5_250)
  t.match(page.heard('bm'), [{ ch: 'tasks:all', ep: 'one:3', s: 1 }])
  await pass(15_000)
  t.equal(page.heard('bm').length, 2)
})

t.test('a hidden page is told every 5 s, and at once when it is shown', async (t) => {
  const { greet, fleet, pass } = liveOf()
  const page = greet('operator', false)
  page.say(ALL)
  await settled()
  t.equal(page.heard('snap').length, 1, 'what it asks for it gets')
  for (let change = 0; change < 16; change++) {
    fleet.add(specOf(), BY)
    await pass(250)
  }
  t.equal(page.heard('d').length, 0)
  await pass(1_000)
  t.match(page.heard('d'), [{ f: 1 }])
  t.equal(mirrorOf(page.texts, 'tasks:all').rows.size, 16)
  fleet.add(specOf(), BY)
  await pass(500)
  page.say({ t: 'visible', visible: true })
  t.equal(page.heard('d').length, 2)
  t.equal(mirrorOf(page.texts, 'tasks:all').gaps, 0)
})

t.test('one task: its spec, its attempts, and why it waits', async (t) => {
  const { greet, fleet, pass } = liveOf()
  const id = fleet.add(specOf({ env: { MODE: 'fast' } }), BY)
  const page = greet('viewer')
  page.say({ t: 'sub', ch: `task:${id}` })
  await settled()
  const [snap] = page.heard('snap')
  t.match(snap?.rows, [{ id, by: 'local', why: 'waits for a slot', attempts: [], paused: false }])
  t.match(snap?.rows, [{ spec: { env: { MODE: 'fast' } } }])
  fleet.change(id, { state: 'executing', attempt: 1 })
  await pass(250)
  t.match(page.heard('d'), [{ up: [{ id, state: 'executing', attempt: 1 }] }])
  fleet.add(specOf(), BY)
  await pass(1_500)
  t.equal(page.heard('d').length, 1, 'others do not matter to one that runs')
})

t.test('a task that waits is asked about again when others of its project move', async (t) => {
  const { greet, fleet, pass } = liveOf()
  const id = fleet.add(specOf(), BY)
  const page = greet('viewer')
  page.say({ t: 'sub', ch: `task:${id}` })
  await pass(1_000)
  fleet.add(specOf(), { ...BY, project: 'other' })
  await pass(1_000)
  t.equal(page.heard('d').length, 0)
  fleet.add(specOf(), BY)
  await pass(1_000)
  t.equal(page.heard('d').length, 1)
})

t.test('a spec that is too long for a frame is shown without what is longest in it', async (t) => {
  const { greet, fleet } = liveOf()
  const id = fleet.add(specOf({ argv: ['sh', 'x'.repeat(200_000)], workdir: '/w' }), BY)
  const page = greet()
  page.say({ t: 'sub', ch: `task:${id}` })
  await settled()
  const [row] = page.heard('snap')[0]?.rows ?? []
  t.match(row, { id, specCut: true, spec: { workdir: '/w', priority: 5, argv: undefined } })
})

t.test('a task that is not there is gone, and so says its channel', async (t) => {
  const { greet, fleet, unexpected, live } = liveOf()
  const page = greet()
  const ch = `task:${fleet.nextId()}` as const
  page.say({ t: 'sub', ch })
  await settled()
  t.same(page.heard('reset'), [{ t: 'reset', ch, why: 'gone' }])
  t.same(unexpected, [])
  t.equal(live.viewCount, 0)
  fleet.failure = new Error('a bug')
  page.say({ t: 'sub', ch: 'fleet' })
  await settled()
  t.match(page.heard('reset')[1], { ch: 'fleet', why: 'gap' })
  t.equal(unexpected.length, 1)
})

t.test('a page has a limited number of channels', async (t) => {
  const { greet } = liveOf({ channelsMax: 3 })
  const page = greet()
  for (const name of ['a', 'b', 'c', 'c'] as const) {
    page.say({ t: 'sub', ch: `tasks:${name}`, view: { limit: 1 } })
  }
  t.equal(page.code, undefined)
  page.say({ t: 'sub', ch: 'tasks:d', view: { limit: 1 } })
  t.equal(page.code, CLOSE.rate)
})
