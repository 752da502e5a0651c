import { request } from 'node:http'
import { connect } from 'node:net'
import type tap from 'tap'
import { WebSocket } from 'ws'
import type {
  HttpListener,
  HttpServer,
  HttpServerOptions,
  Reply,
  Request,
  Socket,
} from '../../console/http/server.ts'
import { systemClock } from '../../runtime/scheduling/system-clock.ts'

type Tap = typeof tap
type Open = (options: HttpServerOptions) => Promise<HttpServer>

/** What a raw client sent back: everything until the connection closed. */
export function exchanged(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1').on('data', (part: string) => (heard += part))
    socket.on('error', () => undefined) // A reset is a way to close.
    socket.on('close', () => resolve(heard))
  })
}

/** A request that asks for the connection to be closed after it. */
export function requestText(
  head: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const all = { host: 'a', connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${head} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
}

/** The ordinary answer to a request that asked to become a websocket. */
function answered(
  port: number,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
): Promise<{ readonly status: number; readonly why: unknown; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/ws', method, headers, agent: false }
    const asked = request(options, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (part: string) => (body += part))
      answer.on('end', () => {
        asked.destroy()
        resolve({ status: answer.statusCode ?? 0, why: answer.headers['x-why'], body })
      })
    })
    asked.on('error', reject)
    asked.end()
  })
}

const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/** Every form of the server is what `console/http/server.ts` says. */
export function httpServerContract(t: Tap, form: HttpServer['form'], open: Open): void {
  const served = async (
    test: Pick<Tap, 'teardown'>,
    listener: Partial<HttpListener>,
  ): Promise<HttpServer> => {
    const server = await open({
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
      listener: {
        request: (_request, reply) => reply.send(200, [], 'ok'),
        upgrade: (_request, reply) => reply.send(403, [], 'no'),
        ...listener,
      },
    })
    test.teardown(() => server.stop())
    return server
  }

  t.test('says what it is and which port it really has', async (t) => {
    const server = await served(t, {})
    t.equal(server.form, form)
    t.ok(server.port > 0)
    t.equal(await (await fetch(`http://127.0.0.1:${server.port}/`)).text(), 'ok')
  })

  t.test('two servers on one port: the second fails and says where', async (t) => {
    const at = (port: number): Promise<HttpServer> =>
      open({
        ...{ host: '127.0.0.1', port, clock: systemClock },
        listener: { request: () => undefined, upgrade: () => undefined },
      })
    const free = await at(0)
    const { port } = free
    free.stop()
    const first = await at(port) // A port that was asked for: only such a one is ever shared.
    t.teardown(() => first.stop())
    await t.rejects(at(port), {
      code: 'FAILED_PRECONDITION',
      message: new RegExp(`^Cannot listen for HTTP on 127.0.0.1:${port}: `),
    })
  })

  t.test('a request comes as it was sent', async (t) => {
    const seen: Request[] = []
    const { port } = await served(t, {
      request(request, reply) {
        seen.push(request)
        reply.send(200, [], '')
      },
    })
    const headers = { 'X-Twice': 'a', 'x-twice': 'b', 'X-One': ' c ' }
    await exchanged(port, requestText('PUT /a%2Fb//c?d=%20&e', headers))
    const [request] = seen
    t.match(request, { method: 'PUT', path: '/a%2Fb//c', query: 'd=%20&e', remote: '127.0.0.1' })
    t.equal(request?.header('x-twice'), 'a, b')
    t.equal(request?.header('x-one'), 'c', 'also after the request is over')
    t.equal(request?.header('x-none'), '')
  })

  t.test(
    'an answer has the status, the headers and the body, and no name of the server',
    async (t) => {
      const { port } = await served(t, {
        request: (_request, reply) => reply.send(421, [['x-a', 'b']], Buffer.from('ü')),
      })
      const answer = await exchanged(port, requestText('GET /'))
      t.match(answer, /^HTTP\/1\.1 421 Misdirected Request\r\n/)
      t.match(answer.toLowerCase(), /\r\nx-a: b\r\n/)
      t.match(answer.toLowerCase(), /\r\ncontent-length: 2\r\n/)
      t.notMatch(answer.toLowerCase(), /uwebsockets|server:|powered/)
      t.ok(answer.endsWith('\r\n\r\nÃ¼'))
    },
  )

  t.test('HEAD, 204 and 304 are answered without a body', async (t) => {
    const { port } = await served(t, {
      request: (request, reply) => reply.send(Number(request.path.slice(1)), [], 'body'),
    })
    const head = await exchanged(port, requestText('HEAD /200'))
    t.match(head.toLowerCase(), /\r\ncontent-length: 4\r\n/)
    t.ok(head.endsWith('\r\n\r\n'))
    for (const status of [204, 304]) {
      const answer = await exchanged(port, requestText(`GET /${status}`))
      t.equal(statusOf(answer), status)
      t.ok(answer.endsWith('\r\n\r\n'), `${status} ends with its head`)
    }
  })

  t.test('an answer may come later, once, and never after the client has gone', async (t) => {
    const replies: Reply[] = []
    let asked = (): void => undefined
    const { port } = await served(t, {
      request(_request, reply) {
        replies.push(reply)
        asked()
      },
    })
    const first = new Promise<void>((resolve) => (asked = resolve))
    const answer = exchanged(port, requestText('GET /'))
    await first
    replies[0]?.send(200, [], 'late')
    replies[0]?.send(200, [], 'twice')
    t.match(await answer, /late$/)
    const second = new Promise<void>((resolve) => (asked = resolve))
    const leaving = connect(port, '127.0.0.1', () => leaving.write(requestText('GET /')))
    await second
    const gone = new Promise<void>((resolve) => leaving.on('close', () => resolve()))
    leaving.destroy()
    await gone
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(50) }).catch(() => 0)
    replies[1]?.send(200, [], 'to nobody')
    t.pass('nothing broke')
  })

  t.test('a body is read whole, in pieces or by its length, up to a limit', async (t) => {
    const { port } = await served(t, {
      request(_request, reply) {
        reply.body(10, (body) =>
          reply.send(body ? 200 : 413, [], body ? Buffer.from(body).toString() : 'too long'),
        )
      },
    })
    const sized = (body: string): string =>
      requestText('POST /', { 'content-length': String(body.length) }, body)
    const chunked = (body: string): string =>
      requestText('POST /', { 'transfer-encoding': 'chunked' }, body)
    t.match(await exchanged(port, sized('0123456789')), /0123456789$/)
    t.match(await exchanged(port, sized('')), /^HTTP\/1\.1 200/)
    t.equal(statusOf(await exchanged(port, sized('0123456789x'))), 413)
    t.match(await exchanged(port, chunked('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')), /abcde$/)
    const long = `6\r\nabcdef\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n`
    t.equal(statusOf(await exchanged(port, chunked(long))), 413)
  })

  t.test('a request that is not read does not spoil the next one on the connection', async (t) => {
    const { port } = await served(t, {})
    const first = 'POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nabcde'
    const answers = await exchanged(port, first + requestText('GET /2'))
    t.equal(answers.split('HTTP/1.1 200').length - 1, 2)
  })

  t.test('a head that is no head is refused by the server and closed', async (t) => {
    let reached = 0
    const { port } = await served(t, { request: () => void reached++ })
    const wrong: readonly (readonly [name: string, text: string, status: number])[] = [
      ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
      ['two hosts', 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', 400],
      ['64 KiB of header', requestText('GET /', { x: 'a'.repeat(65_536) }), 431],
      [
        'length and chunks',
        requestText(
          'POST /',
          { 'content-length': '3', 'transfer-encoding': 'chunked' },
          '0\r\n\r\n',
        ),
        400,
      ],
      [
        'two lengths',
        'POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
        400,
      ],
      ['a negative length', requestText('POST /', { 'content-length': '-1' }), 400],
      ['a folded line', 'GET / HTTP/1.1\r\nhost: a\r\nx: b\r\n c\r\n\r\n', 400],
      ['a space before the colon', 'GET / HTTP/1.1\r\nhost : a\r\n\r\n', 400],
    ]
    for (const [name, text, status] of wrong) {
      t.equal(statusOf(await exchanged(port, text)), status, name)
    }
    t.match(await exchanged(port, '\0\x01\x02\r\n\r\n'), /^HTTP\/1\.1 [45]/, 'noise')
    t.equal(reached, 0)
    const fits = requestText('GET /', { cookie: 'a'.repeat(12_000) })
    const cookies = exchanged(port, fits.replace('GET /', 'HEAD /'))
    await new Promise<void>((resolve) => {
      const look = (): void => void (reached === 1 ? resolve() : setImmediate(look))
      look()
    })
    t.pass('12 KB of cookies are taken')
    void cookies
  })

  t.test(
    'a stream says when it is full, when it has drained and when its client has gone',
    async (t) => {
      const events: string[] = []
      let onDrained = (): void => undefined
      let onGone = (): void => undefined
      let written = 0
      const { port } = await served(t, {
        request(request, reply) {
          reply.onGone(() => onGone())
          const out = reply.stream(200, [['x-a', 'b']], () => onDrained())
          if (request.path === '/short') {
            out.write(Buffer.from('one '))
            out.write(Buffer.from('two'))
            return out.end()
          }
          const part = Buffer.alloc(256 * 1024)
          while (out.write(part)) written += part.length
          events.push('full')
          onDrained = () => {
            events.push('drained')
            onDrained = () => undefined
            if (request.path === '/whole') out.end()
          }
        },
      })
      const short = await fetch(`http://127.0.0.1:${port}/short`)
      t.equal(short.headers.get('x-a'), 'b')
      t.equal(await short.text(), 'one two')
      const whole = await (await fetch(`http://127.0.0.1:${port}/whole`)).arrayBuffer()
      t.ok(whole.byteLength > written, 'all of it came, and what did not fit at once too')
      t.same(events, ['full', 'drained'])
      const gone = new Promise<void>((resolve) => (onGone = resolve))
      const leaving = connect(port, '127.0.0.1', () => leaving.write(requestText('GET /left')))
      leaving.on('data', () => leaving.destroy())
      await gone
    },
  )

  t.test('a websocket is opened by the listener, with the protocol it chose', async (t) => {
    const requests: string[] = []
    const { port } = await served(t, {
      upgrade(request, reply) {
        requests.push(request.header('sec-websocket-protocol'))
        reply.open('b', (socket) => ({
          message: (bytes, kind) => socket.send(Buffer.from(bytes), kind),
          drained: () => undefined,
          closed: () => undefined,
        }))
      },
    })
    const client = new WebSocket(`ws://127.0.0.1:${port}/any`, ['a', 'b'])
    const echoed: [string, boolean][] = []
    client.on('message', (bytes: Buffer, isBinary) => {
      echoed.push([bytes.toString(), isBinary])
      if (echoed.length === 2) client.close(3001, 'enough')
    })
    client.on('open', () => {
      client.send('text ü')
      client.send(Buffer.from('bytes'))
    })
    await new Promise((resolve) => client.on('close', resolve))
    t.same(echoed, [
      ['text ü', false],
      ['bytes', true],
    ])
    t.equal(client.protocol, 'b')
    t.equal(client.extensions, '', 'nothing is compressed')
    t.equal(requests.length, 1)
  })

  t.test('a websocket may be refused with an ordinary answer', async (t) => {
    const { port } = await served(t, {
      upgrade: (_request, reply) => reply.send(403, [['x-why', 'origin']], 'no'),
    })
    t.same(await answered(port, HANDSHAKE), { status: 403, why: 'origin', body: 'no' })
  })

  t.test('a handshake that is none is an ordinary request', async (t) => {
    const { port } = await served(t, { upgrade: (_request, reply) => reply.send(500, [], '') })
    const wrong: readonly Record<string, string>[] = [
      { ...HANDSHAKE, 'sec-websocket-version': '8' },
      { ...HANDSHAKE, 'sec-websocket-key': 'short' },
      { ...HANDSHAKE, upgrade: 'h2c' },
    ]
    for (const headers of wrong) {
      t.match(await answered(port, headers), { status: 200 }, JSON.stringify(headers))
    }
    t.match(await answered(port, HANDSHAKE, 'POST'), { status: 200 }, 'a POST')
  })

  t.test('a socket closes with a code, after what it still has to send', async (t) => {
    let gone = (): void => undefined
    const closed = new Promise<void>((resolve) => (gone = resolve))
    const { port } = await served(t, {
      upgrade(_request, reply) {
        reply.open('a', (socket) => ({
          message() {
            socket.send(Buffer.from('last words'), 'text')
            socket.close(4408, 'too slow')
            socket.send(Buffer.from('too late'), 'text')
          },
          drained: () => undefined,
          closed: () => gone(),
        }))
      },
    })
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, 'a')
    const heard: string[] = []
    client.on('message', (bytes: Buffer) => heard.push(bytes.toString()))
    client.on('open', () => client.send('x'))
    const [code, reason] = await new Promise<[number, string]>((resolve) =>
      client.on('close', (...end) => resolve([end[0], end[1].toString()])),
    )
    t.same(heard, ['last words'])
    t.same([code, reason], [4408, 'too slow'])
    await closed
  })

  t.test('a socket counts what its reader has not taken, and says when that is less', async (t) => {
    let opened = (_socket: Socket): void => undefined
    let drained = (): void => undefined
    const { port } = await served(t, {
      upgrade(_request, reply) {
        reply.open('a', (socket) => {
          opened(socket)
          return { message: () => undefined, drained: () => drained(), closed: () => undefined }
        })
      },
    })
    const open = new Promise<Socket>((resolve) => (opened = resolve))
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, 'a')
    let bytes = 0
    client.on('message', (part: Buffer) => (bytes += part.length))
    const socket = await open
    await new Promise((resolve) => client.on('open', resolve))
    client.pause()
    t.equal(socket.queuedBytes, 0)
    const part = Buffer.alloc(64 * 1024)
    let sent = 0
    while (socket.queuedBytes < 512 * 1024 && sent < 64 * 1024 * 1024) {
      socket.send(part, 'binary')
      sent += part.length
      if (sent % (1024 * 1024) === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    t.ok(socket.queuedBytes >= 512 * 1024, 'it does not take them')
    const less = new Promise<void>((resolve) => {
      drained = () => {
        if (socket.queuedBytes < 64 * 1024) resolve()
      }
    })
    client.resume()
    await less
    while (bytes < sent) await new Promise((resolve) => client.once('message', resolve))
    t.equal(bytes, sent, 'every byte came')
    const closed = new Promise((resolve) => client.on('close', resolve))
    socket.terminate()
    t.equal(await closed, 1006)
    socket.send(part, 'binary')
    t.equal(socket.queuedBytes, 0, 'and a socket that is gone takes nothing')
  })

  t.test('a frame that is too large cuts its own connection', async (t) => {
    let messages = 0
    const { port } = await served(t, {
      upgrade(_request, reply) {
        reply.open('a', () => ({
          message: () => void messages++,
          drained: () => undefined,
          closed: () => undefined,
        }))
      },
    })
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, 'a')
    client.on('error', () => undefined)
    client.on('open', () => client.send(Buffer.alloc(1024 * 1024)))
    const code = await new Promise((resolve) => client.on('close', resolve))
    t.ok(code === 1009 || code === 1006, `closed with ${String(code)}`)
    t.equal(messages, 0)
    t.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'ok')
  })

  t.test('stop() ends what is open, and nobody is there any more', async (t) => {
    const server = await served(t, {
      upgrade: (_request, reply) =>
        reply.open('a', () => ({
          message: () => undefined,
          drained: () => undefined,
          closed: () => undefined,
        })),
    })
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`, 'a')
    await new Promise((resolve) => client.on('open', resolve))
    const closed = new Promise((resolve) => client.on('close', resolve))
    server.stop()
    t.equal(await closed, 1006)
    await t.rejects(fetch(`http://127.0.0.1:${server.port}/`))
  })
}
