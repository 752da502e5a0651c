import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { ask, type Answered } from '../ask.ts'
import { consoleOf } from '../console-of.ts'

const HTML =
  '<!doctype html><script nonce="__NONCE__" src="/assets/a-1.js"></script><style nonce="__NONCE__"></style>'

const FILES: Readonly<Record<string, string>> = {
  'index.html': HTML,
  'assets/a-1.js': 'console.log(1)',
  'assets/a-1.js.br': 'as br',
  'assets/a-1.js.gz': 'as gz',
  'assets/b-2.css': 'body {}',
  'icon.svg': '<svg/>',
  'secret.key': 'not for browsers',
}

const page = mkdtempSync(join(tmpdir(), 'architect-page-'))
t.teardown(() => rmSync(page, { recursive: true }))
for (const [path, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(page, path)), { recursive: true })
  writeFileSync(join(page, path), text)
}

async function askerOf(
  t: Parameters<typeof consoleOf>[0],
): Promise<(path: string, headers?: Readonly<Record<string, string>>) => Promise<Answered>> {
  const { port } = await consoleOf(t, { page })
  return (path, headers = {}) =>
    ask(port, { path, headers: { host: `localhost:${port}`, ...headers } })
}

t.test('the page has a nonce of its own in each answer, and may run nothing else', async (t) => {
  const get = await askerOf(t)
  const nonces = new Set<string>()
  for (const path of ['/', '/tasks', '/tasks/t07-00000000000000000000000001', '/anything/else']) {
    const { status, headers, body } = await get(path, { accept: 'text/html' })
    t.equal(status, 200, path)
    t.equal(headers['content-type'], 'text/html; charset=utf-8')
    t.equal(headers['cache-control'], 'no-store')
    const policy = String(headers['content-security-policy'])
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
    nonces.add(nonce)
    t.equal(body.split(`nonce="${nonce}"`).length - 1, 2, 'in every place')
    t.notMatch(body, '__NONCE__')
    t.match(policy, `style-src 'self' 'nonce-${nonce}'`)
    t.match(policy, "require-trusted-types-for 'script'; trusted-types 'none'")
    t.notMatch(policy, /unsafe|\*|https?:/)
  }
  t.equal(nonces.size, 4)
  for (const nonce of nonces) t.equal(Buffer.from(nonce, 'base64').length, 16)
})

t.test('files that are named after their content are kept for good', async (t) => {
  const get = await askerOf(t)
  const plain = await get('/assets/a-1.js')
  t.match(plain, { status: 200, body: 'console.log(1)' })
  t.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
  t.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  t.equal(plain.headers['vary'], 'Accept-Encoding')
  t.equal((await get('/assets/b-2.css')).headers['content-type'], 'text/css; charset=utf-8')
  const icon = await get('/icon.svg')
  t.match(icon.headers, { 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' })
})

t.test('files come compressed where the build did that and the browser can', async (t) => {
  const get = await askerOf(t)
  for (const [accepted, coding, body] of [
    ['gzip, deflate, br', 'br', 'as br'],
    ['gzip', 'gzip', 'as gz'],
    ['deflate', undefined, 'console.log(1)'],
  ] as const) {
    const answer = await get('/assets/a-1.js', { 'accept-encoding': accepted })
    t.equal(answer.headers['content-encoding'], coding, accepted)
    t.equal(answer.body, body)
  }
  const none = await get('/assets/b-2.css', { 'accept-encoding': 'br, gzip' })
  t.equal(none.headers['content-encoding'], undefined)
})

t.test('a file that the browser has is not sent again', async (t) => {
  const get = await askerOf(t)
  const { etag = '' } = (await get('/icon.svg')).headers
  t.match(etag, /^"[0-9a-f]{32}"$/)
  const again = await get('/icon.svg', { 'if-none-match': etag })
  t.match(again, { status: 304, body: '' })
  t.equal((await get('/icon.svg', { 'if-none-match': '"other"' })).status, 200)
})

t.test('nothing but the files of the page is served, whatever the path says', async (t) => {
  const get = await askerOf(t)
  const paths = [
    '/secret.key',
    '/assets/none.js',
    '/assets/',
    '/assets/a-1.js.br',
    '/assets/../../../etc/passwd.txt',
    '/..%2f..%2fetc%2fpasswd.txt',
    '/assets/%2e%2e/index.html',
    '//etc/passwd.txt',
    '/index.html',
    '/a.js%00',
  ]
  for (const path of paths) {
    const answer = await get(path)
    t.ok(answer.status === 404 || answer.body.startsWith('<!doctype html>'), path)
    t.notMatch(answer.body, /root:|not for browsers/)
  }
  t.equal((await get('/assets/none.js')).status, 404, 'a file that is missing is no page')
})

t.test('without a built page there is one that says how to build it', async (t) => {
  const { base } = await consoleOf(t)
  const answer = await fetch(base)
  t.equal(answer.status, 200)
  t.match(await answer.text(), /npm start/)
})
