import t from 'tap'
import { listenNode } from '../../console/http/node-server.ts'
import { LIVE_PATH, SUBPROTOCOL, TERM_HEADER_BYTES } from '../../console/protocol.ts'
import { MemoryOutput, specOf } from '../node/admin/fleet-of.ts'
import { ask } from './ask.ts'
import { consoleOf, LOCAL_SECRET } from './console-of.ts'

const FORMS = [
  ['the usual server', {}],
  ['the fallback', { open: listenNode }],
] as const

for (const [name, options] of FORMS) {
  t.test(`a page over ${name}`, async (t) => {
    t.test('signs in by a link, watches, and sees what a program submits', async (t) => {
      const { signIn, page, post, port } = await consoleOf(t, options)
      const signedIn = await signIn()
      t.match(signedIn, { name: 'local', role: 'admin' })
      const open = await page(signedIn.key)
      open.say({ t: 'sub', ch: 'tasks:all', view: { limit: 50 } })
      await open.hear('snap', ({ ch }) => ch === 'tasks:all')
      const answer = (await (await post('/api/tasks', { argv: ['echo', 'hi'] })).json()) as {
        readonly id: string
      }
      const delta = await open.hear('d', ({ up }) => up.length > 0)
      t.match(delta.up, [{ id: answer.id, title: 'echo hi' }])
      const used = { authorization: `Bearer ${signedIn.key}` }
      const list = await fetch(`http://127.0.0.1:${port}/api/tasks`, { headers: used })
      t.equal(list.status, 200, 'and its key opens the API, too')
    })

    t.test('shows a terminal', async (t) => {
      const { page, fleet } = await consoleOf(t, options)
      const id = fleet.add(specOf(), { project: 'default', by: 'local' })
      const output = new MemoryOutput()
      output.append('hello')
      fleet.outputs.set(id, output)
      const open = await page(LOCAL_SECRET)
      open.say({ t: 'sub', ch: `term:${id}/1` })
      await open.hear('term')
      output.append(' there')
      output.end()
      t.match(await open.hear('term', ({ ended }) => ended === true), { offset: 11 })
      const bytes = open.binary.map((frame) => frame.subarray(TERM_HEADER_BYTES))
      t.equal(Buffer.concat(bytes).toString(), 'hello there')
    })

    t.test('is sent away when it signs out, and its key opens nothing', async (t) => {
      const { signIn, page, base } = await consoleOf(t, options)
      const { key } = await signIn()
      const open = await page(key)
      const headers = { authorization: `Bearer ${key}` }
      const out = await fetch(`${base}/api/signout`, { method: 'POST', headers })
      t.equal(out.status, 204)
      t.match(await open.hear('bye'), { why: 'auth' })
      t.equal(await open.closed, 4401)
      t.equal((await fetch(`${base}/api/tasks`, { headers })).status, 401)
    })

    t.test('signing out with an API token leaves the token as it is', async (t) => {
      const { post, get } = await consoleOf(t, options)
      t.equal((await post('/api/signout')).status, 204)
      t.equal((await get('/api/tasks')).status, 200)
    })

    t.test('a token that is revoked ends its sockets', async (t) => {
      const { credentials, page } = await consoleOf(t, options)
      const { token, secret } = await credentials.createToken({ name: 'ci', role: 'viewer' })
      const open = await page(secret)
      await credentials.revokeToken(token.id)
      t.equal(await open.closed, 4401)
    })

    t.test('a socket needs the protocol, and a token that it brings has to be one', async (t) => {
      const { port } = await consoleOf(t, options)
      const handshake = {
        ...{ host: `localhost:${port}`, connection: 'Upgrade', upgrade: 'websocket' },
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }
      const opens = async (more: Readonly<Record<string, string>>): Promise<number> =>
        (await ask(port, { path: LIVE_PATH, headers: { ...handshake, ...more } })).status
      const own = { origin: `http://localhost:${port}` }
      const offers = { 'sec-websocket-protocol': `other, ${SUBPROTOCOL}` }
      t.equal(await opens({ ...own, ...offers }), 101)
      t.equal(await opens(own), 400)
      t.equal(await opens({ ...own, 'sec-websocket-protocol': 'other' }), 400)
      t.equal(await opens({ ...offers, authorization: `Bearer ${LOCAL_SECRET}` }), 101)
      t.equal(await opens({ ...offers, authorization: 'Bearer wrong' }), 401)
      const elsewhere = await ask(port, {
        path: '/other',
        headers: { ...handshake, ...own, ...offers },
      })
      t.equal(elsewhere.status, 404)
    })
  })
}

t.test(
  'a link names this machine as its owner would, and a code is used up by its use',
  async (t) => {
    const { console, port, base, origin } = await consoleOf(t)
    const { url, expiresMs } = console.link({ name: 'local', role: 'admin' })
    t.match(url, new RegExp(`^http://localhost:${port}/#c=[0-9a-f]{80}$`))
    t.ok(expiresMs > Date.now() + 59_000 && expiresMs <= Date.now() + 60_000)
    const code = url.split('#c=')[1] ?? ''
    const headers = { origin, 'content-type': 'application/json' }
    const signIn = async (text: string): Promise<number> =>
      (
        await fetch(`${base}/api/signin`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ code: text }),
        })
      ).status
    t.equal(await signIn(code), 200)
    t.equal(await signIn(code), 401)
    const guesses = await Promise.all(Array.from({ length: 30 }, () => signIn('0'.repeat(80))))
    t.ok(guesses.filter((status) => status === 429).length >= 15, 'guesses are slowed down')
    const another = console.link({ name: 'local', role: 'admin' }).url.split('#c=')[1] ?? ''
    t.equal(await signIn(another), 200, 'and a link works beside them')
  },
)

t.test('a port that is taken is told', async (t) => {
  const { console } = await consoleOf(t)
  await t.rejects(consoleOf(t, { listen: console.address }), { code: 'FAILED_PRECONDITION' })
})
