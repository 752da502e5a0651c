import t from 'tap'
import type { Principal } from '../../../actors/doors/principal.ts'
import { type Admission, Gate, type Rules, STEPS } from '../../../console/gate/gate.ts'
import { ownNames } from '../../../console/gate/own-names.ts'
import type { Request } from '../../../console/http/server.ts'

const OWN = 'http://localhost:8080'
const VIEWER: Principal = { name: 'v', role: 'viewer' }

function gateOf(inFlightMax = 2): Gate {
  return new Gate({
    names: ownNames('127.0.0.1', 8080),
    authenticate: (secret) => (secret === 'right' ? VIEWER : undefined),
    bodyBytesMax: 100,
    inFlightMax,
    left: () => undefined,
  })
}

interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

function requestOf({ method = 'GET', headers = {} }: Asking): Request {
  const all: Record<string, string> = { host: 'localhost:8080', ...headers }
  return {
    ...{ method, path: '/', query: '', remote: '127.0.0.1' },
    header: (name) => all[name] ?? '',
  }
}

function stepOf(admission: Admission): string {
  return admission.type === 'admitted' ? 'admitted' : `${admission.step} ${admission.status}`
}

const READ: Rules = { role: 'viewer' }
const CHANGE: Rules = { role: 'operator' }
const bearer = { authorization: 'Bearer right' }
const json = { 'content-type': 'application/json', 'content-length': '2' }

t.test('admit() looks at one thing after another, and the first that fails answers', async (t) => {
  const wrong: Asking[] = [
    { method: 'PUT', headers: { host: 'evil', origin: 'null' } },
    { method: 'POST', headers: { host: 'evil', origin: 'null', 'content-type': 'text/plain' } },
    { method: 'POST', headers: { origin: 'null', 'content-type': 'text/plain' } },
    { method: 'POST', headers: { origin: OWN, 'content-type': 'text/plain' } },
    { method: 'POST', headers: { origin: OWN, ...json } },
    { method: 'POST', headers: { origin: OWN, ...json, ...bearer } },
  ]
  const steps = wrong.map((asking) => stepOf(gateOf().admit(requestOf(asking), CHANGE)))
  t.same(steps, ['method 405', 'host 421', 'origin 403', 'body 415', 'session 401', 'role 403'])
  const gate = gateOf(1)
  gate.admit(requestOf({ headers: bearer }), READ)
  t.equal(stepOf(gate.admit(requestOf({ headers: bearer }), READ)), 'load 429')
  t.equal(steps.length + 1, STEPS.length, 'every step is here')
})

t.test('the host has to be one of ours, with our port', async (t) => {
  const admits = (host: string): string =>
    stepOf(gateOf().admit(requestOf({ headers: { host } }), { role: 'anyone' }))
  for (const host of ['localhost:8080', 'LOCALHOST:8080', '127.0.0.1:8080', '[::1]:8080']) {
    t.equal(admits(host), 'admitted', host)
  }
  const others = ['', 'localhost', 'localhost:80', 'localhost:8081', 'localhost.evil:8080']
  for (const host of [
    ...others,
    'evil:8080',
    '127.0.0.2:8080',
    'x@localhost:8080',
    'a.local:8080',
  ]) {
    t.equal(admits(host), 'host 421', host)
  }
})

t.test(
  'ownNames() knows the address that is listened on, and that 80 goes without saying',
  async (t) => {
    t.ok(ownNames('127.0.0.7', 8080).hosts.has('127.0.0.7:8080'))
    t.ok(ownNames('::1', 80).hosts.has('[::1]'))
    t.notOk(ownNames('127.0.0.1', 8080).hosts.has('localhost'))
    t.ok(ownNames('127.0.0.1', 80).origins.has('http://localhost'))
  },
)

t.test(
  'what changes something comes from a page of ours, or with a token of its own',
  async (t) => {
    const changes = (headers: Readonly<Record<string, string>>, upgrade = false): string => {
      const asking = requestOf({ method: upgrade ? 'GET' : 'POST', headers })
      return stepOf(gateOf().admit(asking, { role: 'anyone', upgrade }))
    }
    for (const upgrade of [false, true]) {
      const admitted = [
        { origin: OWN },
        { origin: 'http://127.0.0.1:8080' },
        { 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'same-origin', origin: OWN },
        bearer,
      ]
      for (const headers of admitted) {
        t.equal(changes(headers, upgrade), 'admitted', JSON.stringify(headers))
      }
      const refused: readonly Readonly<Record<string, string>>[] = [
        {},
        { origin: 'null' },
        { origin: 'http://localhost:8081' },
        { origin: 'https://localhost:8080' },
        { origin: 'http://localhost:8080.evil' },
        { origin: 'http://evil:8080', 'sec-fetch-site': 'same-origin' },
        { origin: OWN, 'sec-fetch-site': 'cross-site' },
        { origin: OWN, 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'none' },
        { 'sec-fetch-site': 'same-site' },
        { ...bearer, origin: 'http://evil' },
        { ...bearer, 'sec-fetch-site': 'cross-site' },
      ]
      for (const headers of refused) {
        t.equal(changes(headers, upgrade), 'origin 403', JSON.stringify(headers))
      }
    }
    t.equal(
      changes({ authorization: 'Bearer wrong' }),
      'session 401',
      'and the token has to be one',
    )
  },
)

t.test(
  'what only reads may come from a link, but not with the origin of somebody else',
  async (t) => {
    const reads = (headers: Readonly<Record<string, string>>): string =>
      stepOf(gateOf().admit(requestOf({ headers }), { role: 'anyone' }))
    t.equal(reads({ 'sec-fetch-site': 'cross-site' }), 'admitted')
    t.equal(reads({}), 'admitted')
    t.equal(reads({ origin: 'http://evil' }), 'origin 403')
  },
)

t.test(
  'a body is JSON, has a length that is allowed, and comes only where it belongs',
  async (t) => {
    const posts = (
      headers: Readonly<Record<string, string>>,
      rules: Partial<Rules> = {},
    ): string => {
      const asking = requestOf({ method: 'POST', headers: { origin: OWN, ...headers } })
      return stepOf(gateOf().admit(asking, { role: 'anyone', ...rules }))
    }
    t.equal(posts({}), 'admitted', 'nothing')
    t.equal(posts(json), 'admitted')
    t.equal(posts({ ...json, 'content-type': 'Application/JSON; charset=utf-8' }), 'admitted')
    t.equal(posts({ 'content-length': '2' }), 'body 415', 'no kind')
    t.equal(posts({ 'transfer-encoding': 'chunked' }), 'body 415', 'no kind, in pieces')
    for (const kind of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      t.equal(posts({ 'content-type': kind }), 'body 415', kind)
    }
    t.equal(posts({ ...json, 'content-length': '101' }), 'body 413')
    const report = { 'content-type': 'application/csp-report' }
    t.equal(posts(report), 'body 415')
    t.equal(posts(report, { accepts: ['application/csp-report'] }), 'admitted')
    const read = requestOf({ headers: { 'content-length': '1' } })
    t.equal(stepOf(gateOf().admit(read, { role: 'anyone' })), 'body 400', 'a GET has none')
  },
)

t.test(
  'what anyone may read needs no credential, and is not refused for a wrong one',
  async (t) => {
    const wrong = { authorization: 'Bearer wrong' }
    t.equal(stepOf(gateOf().admit(requestOf({ headers: wrong }), { role: 'anyone' })), 'admitted')
    t.equal(stepOf(gateOf().admit(requestOf({ headers: wrong }), READ)), 'session 401')
    t.equal(stepOf(gateOf().admit(requestOf({}), READ)), 'session 401')
    for (const authorization of [
      'Basic right',
      'right',
      'Bearer',
      'Bearer  right',
      'Bearer right, right',
    ]) {
      t.equal(
        stepOf(gateOf().admit(requestOf({ headers: { authorization } }), READ)),
        'session 401',
      )
    }
    const lower = requestOf({ headers: { authorization: 'bearer right' } })
    t.equal(stepOf(gateOf().admit(lower, READ)), 'admitted')
  },
)

t.test('requests that are not answered count, until they are', async (t) => {
  const gate = gateOf(2)
  const ask = (): Admission => gate.admit(requestOf({ headers: bearer }), READ)
  const [first, second] = [ask(), ask()]
  t.equal(gate.inFlight, 2)
  t.equal(stepOf(ask()), 'load 429')
  if (first.type === 'admitted') first.leave()
  t.equal(stepOf(ask()), 'admitted')
  if (second.type === 'admitted') second.leave()
  t.equal(gate.inFlight, 1)
  t.equal(gate.refused.get('load'), 1)
})
