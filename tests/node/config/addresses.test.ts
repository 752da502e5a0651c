import { createServer } from 'node:net'
import t from 'tap'
import { chooseAddresses, type Holder } from '../../../node/config/addresses.ts'
import type { Door } from '../../../node/config/keys.ts'
import { probePort } from '../../../node/config/port-probe.ts'

const DEFAULTS = { console: '127.0.0.1:8080', admin: '127.0.0.1:8081' }
const OTHER: Holder = { type: 'other', name: '"python3" (pid 7)' }
const OURS: Holder = { type: 'architect' }

/** What a node takes on a machine where these ports are held. */
function chosen(held: Readonly<Record<number, Holder>>, explicit: readonly Door[] = [], own = {}) {
  const configuration = { ...DEFAULTS, ...own, explicit: new Set(explicit) }
  return chooseAddresses(configuration, async (_host, port) => held[port] ?? { type: 'nobody' })
}

t.test('chooseAddresses() takes the defaults where they are free', async (t) => {
  t.same(await chosen({}), DEFAULTS)
})

t.test('chooseAddresses() moves both doors past the sets of other nodes', async (t) => {
  const second = { console: '127.0.0.1:8090', admin: '127.0.0.1:8091' }
  for (const port of [8080, 8081]) t.same(await chosen({ [port]: OURS }), second)
  t.match(await chosen({ 8080: OURS, 8090: OURS }), { console: '127.0.0.1:8100' })
  t.match(await chosen({ 8080: OURS, 8091: OTHER }), { admin: '127.0.0.1:8101' }, 'free sets only')
  t.match(
    await chosen({ 8080: OTHER, 8081: OURS }),
    { admin: '127.0.0.1:8091' },
    'one of us is enough',
  )
})

t.test('chooseAddresses() ends with the program that has a port, by name', async (t) => {
  await t.rejects(chosen({ 8080: OTHER }), {
    code: 'FAILED_PRECONDITION',
    message:
      'Cannot listen on 127.0.0.1:8080: "python3" (pid 7) has that port; stop it, or give another with --console',
  })
  await t.rejects(chosen({ 8081: { type: 'other' } }), /127\.0\.0\.1:8081: a program has that port/)
  t.same(await chosen({ 8082: OTHER }), DEFAULTS, "what is not used is nobody's concern")
})

t.test('chooseAddresses() never moves an address that somebody gave', async (t) => {
  await t.rejects(chosen({ 8080: OURS }, ['console']), /another Architect node has that port/)
  const held = { 8081: OURS }
  t.same(await chosen(held, ['console']), {
    console: '127.0.0.1:8080',
    admin: '127.0.0.1:8091',
  })
  const any = { console: '127.0.0.1:0' }
  t.match(await chosen({}, ['console'], any), any, 'port 0 is any that is free')
})

t.test('chooseAddresses() gives up after 50 sets', async (t) => {
  const all = Object.fromEntries(Array.from({ length: 50 }, (_, set) => [8080 + 10 * set, OURS]))
  await t.rejects(chosen(all), /50 sets/)
})

t.test('probePort() tells free ports from held ones, and a node by its title', async (t) => {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  const title = process.title
  t.teardown(() => (process.title = title))
  process.title = 'architect'
  t.same(await probePort('127.0.0.1', port), OURS)
  process.title = 'another'
  t.same(await probePort('127.0.0.1', port), {
    type: 'other',
    name: `"another" (pid ${process.pid})`,
  })
  await new Promise((resolve) => server.close(resolve))
  t.same(await probePort('127.0.0.1', port), { type: 'nobody' })
})
