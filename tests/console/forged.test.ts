import t from 'tap'
import { ROUTES } from '../../console/api/routes/table.ts'
import { STEPS } from '../../console/gate/gate.ts'
import { PLAIN_HEADERS } from '../../console/gate/security-headers.ts'
import { SUBPROTOCOL } from '../../console/protocol.ts'
import { specOf } from '../node/admin/fleet-of.ts'
import { ask, type Answered, type Asked } from './ask.ts'
import { consoleOf, LOCAL_SECRET } from './console-of.ts'

/** F35: whatever a page of somebody else can make a browser send, to everything that can be asked. */

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': SUBPROTOCOL,
}

/** Everything there is, and some of what there is not. */
function targets(id: string): Asked[] {
  const routes = ROUTES.map(({ method, path, example }) => ({
    method,
    path: path.replace('{id}', id).replace('{project}', 'default'),
    ...(method === 'POST' && { body: JSON.stringify(example.body ?? {}) }),
  }))
  const others = ['/', '/tasks/x', '/assets/x.js', '/api/none', '/ws'].map((path) => ({ path }))
  return [
    ...routes,
    ...others,
    { method: 'POST', path: '/', body: '{}' },
    { path: '/ws', headers: UPGRADE },
  ]
}

function isRead({ method = 'GET', headers }: Asked): boolean {
  return method === 'GET' && headers === undefined
}

function withHeaders(asked: Asked, headers: Readonly<Record<string, string>>): Asked {
  const length = asked.body === undefined ? {} : { 'content-length': String(asked.body.length) }
  const kind = asked.body === undefined ? {} : { 'content-type': 'application/json' }
  return { ...asked, headers: { ...kind, ...length, ...asked.headers, ...headers } }
}

function hasItsHeaders({ headers }: Answered): boolean {
  const policy = String(headers['content-security-policy'])
  const common = PLAIN_HEADERS.filter(([name]) => name !== 'content-security-policy')
  return (
    policy.startsWith("default-src 'none'") &&
    policy.includes("frame-ancestors 'none'") &&
    headers['server'] === undefined &&
    headers['access-control-allow-origin'] === undefined &&
    headers['set-cookie'] === undefined &&
    common.every(([name, value]) => headers[name] === value)
  )
}

t.test('nothing that another site can send is carried out, wherever it is sent', async (t) => {
  const { port, origin, fleet, unexpected } = await consoleOf(t)
  const id = fleet.add(specOf(), { project: 'default', by: 'local' })
  const before = fleet.tasks.get(id)
  const bearer = { authorization: `Bearer ${LOCAL_SECRET}` }
  const host = `localhost:${port}`
  const own = { host, origin }

  /** What is sent, what it answers to what changes something, and to what only reads. */
  const forgeries: readonly (readonly [
    name: string,
    headers: Readonly<Record<string, string>>,
    changes: number,
    reads: number | 'as ever',
  ])[] = [
    [
      'a form',
      { host, origin: 'http://evil', 'content-type': 'application/x-www-form-urlencoded' },
      403,
      403,
    ],
    [
      'a form of a page without an origin',
      { host, origin: 'null', 'content-type': 'text/plain' },
      403,
      403,
    ],
    ['a fetch', { host, origin: 'http://evil', 'sec-fetch-site': 'cross-site' }, 403, 403],
    [
      'a fetch that says it is ours',
      { host, origin: 'http://evil', 'sec-fetch-site': 'same-origin' },
      403,
      403,
    ],
    [
      'a page of another port',
      { host, origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' },
      403,
      403,
    ],
    ['no origin at all', { host }, 403, 'as ever'],
    ['a link', { host, 'sec-fetch-site': 'cross-site' }, 403, 'as ever'],
    ['typed by hand', { host, 'sec-fetch-site': 'none' }, 403, 'as ever'],
    ['text/plain of our own origin', { ...own, 'content-type': 'text/plain' }, 415, 'as ever'],
    [
      'a name that was bound to this machine',
      { host: 'evil:80', origin: 'http://evil', 'sec-fetch-site': 'same-origin' },
      421,
      421,
    ],
    [
      'a name with our port',
      { host: `evil:${port}`, origin: `http://evil:${port}`, 'sec-fetch-site': 'same-origin' },
      421,
      421,
    ],
    ['another port of ours', { host: 'localhost:1', origin }, 421, 421],
    ['a token, from another site', { host, origin: 'http://evil', ...bearer }, 403, 403],
    ['a token, by a name of somebody else', { host: 'evil', ...bearer }, 421, 421],
  ]
  for (const asked of targets(id)) {
    for (const [name, headers, changes, reads] of forgeries) {
      const answer = await ask(port, withHeaders(asked, headers))
      const what = `${asked.method ?? 'GET'} ${asked.path}: ${name}`
      const upgrade = asked.headers !== undefined
      if (name.startsWith('text/plain') && upgrade) continue // A handshake has no body.
      const expected = isRead(asked) ? reads : changes
      if (expected !== 'as ever') t.equal(answer.status, expected, what)
      t.ok(hasItsHeaders(answer), `${what}: it has its headers`)
    }
  }
  t.equal(fleet.submitted.length + fleet.calls.length, 0, 'nothing reached the fleet')
  t.equal(fleet.tasks.get(id), before)
  t.same(unexpected, [])
})

t.test('nobody without a credential learns or does anything', async (t) => {
  const { port, origin, fleet, get } = await consoleOf(t)
  const id = fleet.add(specOf(), { project: 'default', by: 'local' })
  const open = new Set(ROUTES.filter(({ role }) => role === 'anyone').map(({ path }) => path))
  t.same(
    [...open],
    ['/livez', '/readyz', '/health', '/api/signin', '/api/csp', '/api/openapi.json'],
    'the only ones that need none',
  )
  const own = { host: `localhost:${port}`, origin }
  const nobodies = [
    {},
    { cookie: `session=${LOCAL_SECRET}; __Host-architect=${LOCAL_SECRET}` },
    { authorization: `Bearer ${'f'.repeat(63)}` },
    { authorization: `Bearer console_${'0'.repeat(64)}` },
    { authorization: `Basic ${Buffer.from(`local:${LOCAL_SECRET}`).toString('base64')}` },
    { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' },
  ]
  for (const asked of targets(id)) {
    if (open.has(asked.path) || !/^\/(api|metrics)/.test(asked.path)) continue
    for (const headers of nobodies) {
      const answer = await ask(port, withHeaders(asked, { ...own, ...headers }))
      t.equal(answer.status, 401, `${asked.method ?? 'GET'} ${asked.path}`)
      t.notMatch(answer.body, id)
    }
  }
  const inPath = await ask(port, { path: `/api/tasks?token=${LOCAL_SECRET}`, headers: own })
  t.equal(inPath.status, 401, 'and none is taken from a URL')
  t.equal(fleet.submitted.length + fleet.calls.length, 0)
  const metrics = await (await get('/metrics')).text()
  for (const step of STEPS) t.match(metrics, `refused_total{step="${step}"}`)
})

t.test('a role may do what the roles before it may, and no more', async (t) => {
  const { port, origin, credentials, fleet } = await consoleOf(t)
  const id = fleet.add(specOf(), { project: 'default', by: 'local' })
  const own = { host: `localhost:${port}`, origin }
  for (const role of ['viewer', 'operator'] as const) {
    const { secret } = await credentials.createToken({ name: role, role })
    for (const [at, asked] of targets(id).entries()) {
      const needed = ROUTES[at]?.role
      if (needed === undefined || needed === 'anyone' || asked.path.endsWith('/output')) continue
      const headers = { ...own, authorization: `Bearer ${secret}` }
      const { status } = await ask(port, withHeaders(asked, headers))
      const allowed = role === 'operator' || needed === 'viewer'
      t.equal(status !== 403, allowed, `${role}: ${asked.method ?? 'GET'} ${asked.path}: ${status}`)
    }
  }
})

t.test('other methods are refused everywhere', async (t) => {
  const { port, origin } = await consoleOf(t)
  const headers = { host: `localhost:${port}`, origin, authorization: `Bearer ${LOCAL_SECRET}` }
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
    for (const { path } of targets('x')) {
      const { status, headers: came } = await ask(port, { method, path, headers })
      t.equal(status, 405, `${method} ${path}`)
      t.equal(came['allow'], 'GET, HEAD, POST')
    }
  }
  const wrong = await ask(port, { path: '/api/signin', headers })
  t.match(wrong, { status: 405, headers: { allow: 'POST' } })
})
