import t from 'tap'
import { listenNode } from '../../console/http/node-server.ts'
import { ask } from './ask.ts'
import { type Page, connected, consoleOf, LOCAL_SECRET } from './console-of.ts'
import { exchanged, requestText } from '../contracts/http-server.contract.ts'

/** F24: what is too large is refused where it came in, and costs nobody else anything. */

const FORMS = [
  ['the usual server', {}],
  ['the fallback', { open: listenNode }],
] as const

const MIB = 1024 * 1024
/** How much memory one refused request may leave behind. */
const RSS_STEP_MAX = 8 * MIB

for (const [name, options] of FORMS) {
  t.test(name, async (t) => {
    const { post, get, port, fleet, signIn, page, console } = await consoleOf(t, options)
    t.equal(console.served, name === 'the fallback' ? 'node' : console.served)

    t.test('a body over 1 MiB: 413, whether its length is told or not', async (t) => {
      const body = JSON.stringify({ argv: ['x'.repeat(2 * MIB)] })
      const told = await post('/api/tasks', body)
      t.equal(told.status, 413)
      t.match(await told.json(), { error: { code: 'RESOURCE_EXHAUSTED' } })
      const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`
      const answer = await exchanged(
        port,
        requestText(
          'POST /api/tasks',
          {
            host: `localhost:${port}`,
            authorization: `Bearer ${LOCAL_SECRET}`,
            'content-type': 'application/json',
            'transfer-encoding': 'chunked',
          },
          `${piece.repeat(20)}0\r\n\r\n`,
        ),
      )
      t.match(answer, /^HTTP\/1\.1 413 /)
    })

    t.test('headers of 64 KiB: 431', async (t) => {
      const answer = await exchanged(port, requestText('GET /livez', { x: 'a'.repeat(65_536) }))
      t.match(answer, /^HTTP\/1\.1 431 /)
    })

    t.test('100,000 levels of JSON, and a million: 400', async (t) => {
      for (const levels of [100_000, 500_000]) {
        const body = `${'['.repeat(levels)}${']'.repeat(levels)}`
        const answer = await post('/api/tasks', body)
        t.equal(answer.status, 400)
        t.match(await answer.json(), { error: { message: /more than 32 levels/ } })
        const objects = `${'{"a":'.repeat(levels / 10)}1${'}'.repeat(levels / 10)}`
        t.equal((await post('/api/tasks', objects)).status, 400)
      }
    })

    t.test('frames of 64 KiB and one byte, and of 10 MB: closed, each alone', async (t) => {
      const { key } = await signIn()
      const healthy = await page(key)
      const closedBy = async (bytes: number): Promise<number> => {
        const each = await page(key)
        each.socket.on('error', () => undefined)
        each.socket.send('x'.repeat(bytes))
        return each.closed
      }
      t.equal(await closedBy(64 * 1024 + 1), 4413)
      t.ok([1009, 1006].includes(await closedBy(10 * MIB)))
      t.equal(await closedBy(64 * 1024), 4400, 'as large as may be, and no message')
      healthy.say({ t: 'sub', ch: 'fleet' })
      t.match(await healthy.hear('snap'), { ch: 'fleet' })
    })

    t.test('long texts of every other kind', async (t) => {
      const long = 'x'.repeat(3_000)
      t.equal((await get(`/api/tasks?cursor=${long}`)).status, 400)
      t.equal((await get(`/api/tasks/${long}`)).status, 404)
      t.equal((await post('/api/tasks', { argv: ['a'] }, { 'idempotency-key': long })).status, 400)
      const headers = { host: `localhost:${port}`, authorization: `Bearer ${long}` }
      t.equal((await ask(port, { path: '/api/tasks', headers })).status, 401)
    })

    t.test('and nothing of it stays in memory', async (t) => {
      const body = JSON.stringify({ argv: ['x'.repeat(900_000)] })
      for (let warm = 0; warm < 20; warm++) await post('/api/tasks', body)
      const before = process.memoryUsage().rss
      for (let count = 0; count < 20; count++) await post('/api/tasks', body)
      const step = (process.memoryUsage().rss - before) / 20
      t.ok(step < RSS_STEP_MAX, `${Math.round(step / 1024)} KiB a request`)
    })

    t.test('sockets that say nothing are limited in number', async (t) => {
      const few = await consoleOf(t, { ...options, limits: { strangersMax: 3 } })
      const silent: Page[] = []
      for (let count = 0; count < 3; count++) {
        const each = connected(few.port)
        silent.push(each)
        await new Promise((resolve) => each.socket.on('open', resolve))
      }
      const fourth = connected(few.port)
      const failure = await new Promise<Error>((resolve) => fourth.socket.on('error', resolve))
      t.match(failure.message, /429/)
      for (const { socket } of silent) socket.terminate()
      await Promise.all(silent.map(({ closed }) => closed))
    })

    t.equal(fleet.submitted.length, 0, 'nothing was stored')
  })
}
