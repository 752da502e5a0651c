import type { Random } from '../../runtime/scheduling/random.ts'
import { pageHeaders, PLAIN_HEADERS } from '../gate/security-headers.ts'
import type { Headers, Reply, Request } from '../http/server.ts'
import { PAGE_NONCE } from '../protocol.ts'
import type { BuiltFile, BuiltPage } from './built-page.ts'

/**
 * Serves the page and its files. The page answers every path that is no file: it has paths of its
 * own, such as `/tasks/t07-…`, that can be opened or shared.
 */
const NONCE_BYTES = 16

const YEAR = 'public, max-age=31536000, immutable'

/** A file that does not exist is not the page: a browser would run it, or a person miss the mistake. */
const FILE = /\.[a-z0-9]+$|^\/assets\//

const HTML: Headers[number] = ['content-type', 'text/html; charset=utf-8']

const NOT_BUILT = `<!doctype html>
<html lang="en">
<title>Architect</title>
<h1>Architect is running; its page is not built</h1>
<p>Run <code>npm start</code>, which builds it, or <code>node scripts/page.mjs</code>; then start the node again.</p>
<p>Until then there are <code>npx gaia</code>, the <a href="/api/openapi.json">HTTP API</a> and gRPC.</p>
</html>
`

/** Answers; `false` when there is no such file. */
export function sendPage(page: BuiltPage, request: Request, reply: Reply, random: Random): boolean {
  const file = page.files.get(request.path)
  if (file) {
    sendFile(file, request, reply)
    return true
  }
  if (FILE.test(request.path)) return false
  const nonce = Buffer.from(random.bytes(NONCE_BYTES)).toString('base64')
  const html = page.html ?? NOT_BUILT
  reply.send(200, [...pageHeaders(nonce), HTML], html.replaceAll(PAGE_NONCE, nonce))
  return true
}

function sendFile(file: BuiltFile, request: Request, reply: Reply): void {
  const headers: Headers = [
    ...PLAIN_HEADERS,
    ['cache-control', file.hashed ? YEAR : 'no-cache'],
    ['etag', file.etag],
    ['vary', 'Accept-Encoding'],
  ]
  if (request.header('if-none-match').includes(file.etag)) return reply.send(304, headers, '')
  const [encoding, bytes] = encoded(file, request.header('accept-encoding'))
  const coding: Headers = encoding === '' ? [] : [['content-encoding', encoding]]
  reply.send(200, [...headers, ...coding, ['content-type', file.contentType]], bytes)
}

function encoded({ br, gzip, bytes }: BuiltFile, accepted: string): [string, Uint8Array] {
  if (br && /\bbr\b/.test(accepted)) return ['br', br]
  if (gzip && /\bgzip\b/.test(accepted)) return ['gzip', gzip]
  return ['', bytes]
}
