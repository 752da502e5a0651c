import t from 'tap'
import { CLOSE, type Command } from '../../../console/protocol.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { specOf } from '../../node/admin/fleet-of.ts'
import { liveOf } from './live-of.ts'
import { mirrorOf, settled } from './page-of.ts'

const BY = { project: 'default', by: 'local' }
const KIB = 1024

function command(cmd: Command, idem = 'i1', attempt = 1) {
  return { t: 'cmd', id: `${idem}/${attempt}`, idem, try: attempt, cmd } as const
}

t.test('a page whose key ends is closed within a second', async (t) => {
  const { greet, keys, live, pass } = liveOf()
  const [one, two, other] = [greet('viewer'), greet('viewer'), greet('admin')]
  keys.delete('viewer')
  await pass(1_000)
  t.same([one.code, two.code], [CLOSE.unauthenticated, CLOSE.unauthenticated])
  t.match(one.texts.at(-1), { t: 'bye', why: 'auth' })
  t.equal(other.code, undefined)
  live.signedOut('admin')
  t.equal(other.code, CLOSE.unauthenticated, 'at once when it is signed out')
  t.equal(live.connectionCount, 0)
})

t.test('a page whose key may do less from now on can do less', async (t) => {
  const { greet, keys, pass, fleet } = liveOf()
  const page = greet('operator')
  keys.set('operator', { name: 'operator', role: 'viewer' })
  await pass(1_000)
  page.say(command({ op: 'submit', spec: { argv: ['a'] } }))
  await settled()
  t.match(page.heard('res'), [{ err: { code: 'PERMISSION_DENIED' } }])
  t.equal(fleet.submitted.length, 0)
})

t.test('a page that is looked at uses its key; a hidden one does not', async (t) => {
  const { greet, used, pass } = liveOf()
  const page = greet('viewer')
  await pass(2_000)
  t.same(used, ['viewer', 'viewer', 'viewer'], 'its hello, and two seconds')
  page.say({ t: 'visible', visible: false })
  await pass(5_000)
  t.equal(used.length, 3)
})

t.test(
  'a key has a limited number of sockets, and so have those who are not known yet',
  async (t) => {
    const { greet, connect, live } = liveOf({ socketsPerKeyMax: 2, strangersMax: 2 })
    const pages = [greet('viewer'), greet('viewer'), greet('viewer')]
    t.same(
      pages.map(({ code }) => code),
      [undefined, undefined, CLOSE.rate],
    )
    pages[0]?.listener?.closed()
    t.equal(greet('viewer').code, undefined, 'one has left')
    connect()
    t.ok(live.hasRoom())
    connect()
    t.notOk(live.hasRoom())
  },
)

t.test('a page that takes nothing is told nothing, and what is newest once it does', async (t) => {
  const { greet, fleet, pass } = liveOf()
  const page = greet()
  page.say({ t: 'sub', ch: 'tasks:all', view: { limit: 200 } })
  await settled()
  page.stopped = true
  page.queuedBytes = 256 * KIB + 1
  const id = fleet.add(specOf(), BY)
  for (let change = 0; change < 20; change++) {
    fleet.change(id, { reason: `${change}` })
    await pass(250)
  }
  t.equal(page.heard('d').length, 0)
  page.drain(200 * KIB)
  t.equal(page.heard('d').length, 0, 'not yet little enough')
  page.drain(64 * KIB)
  t.match(page.heard('d'), [{ f: 1, up: [{ id, reason: '19' }] }])
  t.equal(mirrorOf(page.texts, 'tasks:all').gaps, 0)
})

t.test(
  'a page that takes nothing for 10 s is closed; one that takes a little is not',
  async (t) => {
    const { greet, fleet, pass, live } = liveOf()
    const [stuck, slow] = [greet('operator'), greet('admin')]
    for (const page of [stuck, slow]) {
      page.say({ t: 'sub', ch: 'tasks:all', view: { limit: 10 } })
      page.stopped = true
      page.queuedBytes = 300 * KIB
    }
    await settled()
    fleet.add(specOf(), BY)
    for (let second = 0; second < 12; second++) {
      if (second % 3 === 0) slow.drain(slow.queuedBytes - KIB)
      await pass(1_000)
    }
    t.equal(stuck.code, CLOSE.slow)
    t.match(stuck.texts.at(-1), { t: 'bye', why: 'slow' })
    t.equal(slow.code, undefined)
    t.equal(live.connectionCount, 1)
    slow.queuedBytes = 1024 * KIB + 1
    await pass(1_000)
    t.equal(slow.code, CLOSE.slow, 'and nobody may hold more than a megabyte')
  },
)

t.test('when the node stops, pages are told to come back, not all at once', async (t) => {
  const { greet, live } = liveOf({ socketsPerKeyMax: 1_000 })
  const pages = Array.from({ length: 500 }, () => greet())
  let gone = 0
  live.drain(() => gone++)
  t.equal(gone, 1)
  t.ok(pages.every(({ code }) => code === CLOSE.draining))
  const retries = pages.map((page) => page.heard('bye')[0]?.retryMs ?? 0)
  t.ok(Math.min(...retries) >= 250 && Math.max(...retries) <= 1_000)
  t.ok(new Set(retries).size > 100)
  live.drain(() => gone++)
  t.equal(gone, 2, 'at once where there is nobody')
})

t.test('a command is carried out once, however often it is sent', async (t) => {
  const { greet, fleet } = liveOf()
  const page = greet()
  page.say(command({ op: 'submit', spec: { argv: ['a'] }, project: 'p' }))
  page.say(command({ op: 'submit', spec: { argv: ['a'] }, project: 'p' }, 'i1', 2))
  await settled()
  const [first, second] = page.heard('res')
  t.match(first, { id: 'i1/1', ok: { ids: [String], repeated: false } })
  t.same(second?.ok, first?.ok)
  t.match(fleet.submitted, [{ project: 'p', by: 'operator', key: 'i1' }])
  const id = fleet.add(specOf(), BY)
  const other = greet()
  for (const each of [page, other]) each.say(command({ op: 'retry', task: id }, 'i2'))
  await settled()
  t.match(other.heard('res'), [{ ok: { id, state: 'available' } }])
  t.equal(fleet.calls.filter((call) => JSON.stringify(call).includes('retry')).length, 1)
})

t.test('commands do what they say', async (t) => {
  const { greet, fleet } = liveOf()
  const page = greet()
  const id = fleet.add(specOf(), BY)
  const commands: readonly Command[] = [
    { op: 'pause', task: id },
    { op: 'resume', task: id },
    { op: 'prioritize', task: id, priority: 9 },
    { op: 'cancel', task: id },
  ]
  for (const [at, cmd] of commands.entries()) page.say(command(cmd, `k${at}`))
  await settled()
  t.match(
    fleet.calls,
    commands.map(({ op }) => ({ action: op, id, by: 'operator' })),
  )
  t.match(page.heard('res').at(-1), { ok: { id, state: 'cancelled', priority: 9 } })
})

t.test('a command that fails says why, and may be sent again', async (t) => {
  const { greet, fleet, unexpected } = liveOf()
  const page = greet()
  const submit = command({ op: 'submit', spec: { argv: ['a'] } })
  fleet.failure = new RuntimeError('RESOURCE_EXHAUSTED', 'Cannot submit: it is full', {
    retryAfterMs: 500,
  })
  page.say(submit)
  await settled()
  t.match(page.heard('res'), [{ err: { code: 'RESOURCE_EXHAUSTED', retryMs: 500 } }])
  page.say(submit)
  await settled()
  t.match(page.heard('res')[1], { ok: { ids: [String] } })
  page.say(command({ op: 'submit', spec: { argv: [] } }, 'i2'))
  page.say(command({ op: 'cancel', task: fleet.nextId() }, 'i3'))
  await settled()
  t.match(page.heard('res').slice(2), [
    { err: { code: 'INVALID_ARGUMENT', details: { field: 'argv' } } },
    { err: { code: 'NOT_FOUND' } },
  ])
  fleet.failure = new Error('a bug with a stack')
  page.say(command({ op: 'submit', spec: { argv: ['b'] } }, 'i4'))
  await settled()
  t.notMatch(JSON.stringify(page.heard('res').at(-1)), 'stack')
  t.equal(unexpected.length, 1)
})

t.test('a page has a limited number of commands under way', async (t) => {
  const { greet, fleet } = liveOf({ commandsMax: 2 })
  const page = greet()
  fleet.held = []
  for (const idem of ['a', 'b', 'c'])
    page.say(command({ op: 'submit', spec: { argv: ['x'] } }, idem))
  await settled()
  t.match(page.heard('res'), [{ id: 'c/1', err: { code: 'RESOURCE_EXHAUSTED', retryMs: Number } }])
  for (const release of fleet.held) release()
  await settled()
  t.equal(page.heard('res').length, 3)
})

t.test('who may only look may not do', async (t) => {
  const { greet, fleet } = liveOf()
  const page = greet('viewer')
  page.say(command({ op: 'submit', spec: { argv: ['a'] } }))
  page.say(command({ op: 'cancel', task: fleet.nextId() }))
  await settled()
  t.match(page.heard('res'), [
    { err: { code: 'PERMISSION_DENIED' } },
    { err: { code: 'PERMISSION_DENIED' } },
  ])
  t.equal(fleet.submitted.length + fleet.calls.length, 0)
})
