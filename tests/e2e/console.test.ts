import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { type Channel, type SignedIn, TERM_HEADER_BYTES } from '../../console/protocol.ts'
import { type Page, pageOf } from '../console/console-of.ts'
import { start } from '../node/gaia/gaia-of.ts'
import { type Architect, architectOf } from './architect-of.ts'

interface Signed extends SignedIn {
  readonly base: string
  readonly port: number
}

/** As a person does: a link from `gaia console`, opened. */
async function signIn({ directory, ready }: Architect): Promise<Signed> {
  const { out } = await start(['--data', directory, 'console']).ended
  const [origin = '', code = ''] = out.trim().split('/#c=')
  const port = Number(ready.console.split(':').at(-1))
  const base = `http://127.0.0.1:${port}`
  const answer = await fetch(`${base}/api/signin`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  })
  return { ...((await answer.json()) as SignedIn), base, port }
}

function textOf(page: Page): string {
  return Buffer.concat(page.binary.map((frame) => frame.subarray(TERM_HEADER_BYTES))).toString()
}

t.test('the console of a real node', async (t) => {
  const node = await architectOf()
  t.teardown(() => node.remove())
  const signed = await signIn(node)
  const page = await pageOf(signed.port, signed.key)

  t.test('is served by uWebSockets.js where it can be', async (t) => {
    const authorization = `Bearer ${(await readFile(join(node.directory, 'credential'), 'utf8')).trim()}`
    const health = await fetch(`${signed.base}/api/health`, { headers: { authorization } })
    const { served } = (await health.json()) as { readonly served: string }
    t.equal(served, ['linux', 'darwin'].includes(process.platform) ? 'uws' : 'node')
  })

  t.test(
    'a task by curl, one by gaia, one typed: each appears within a second, and runs',
    async (t) => {
      page.say({ t: 'sub', ch: 'tasks:all', view: { limit: 50 } })
      await page.hear('snap', ({ ch }) => ch === 'tasks:all')
      const { out: token } = await start([
        '--data',
        node.directory,
        'token',
        'create',
        '--name',
        'ci',
        '--role',
        'operator',
      ]).ended
      const seen = async (title: string): Promise<void> => {
        const rows = (each: { up: readonly object[] }): boolean =>
          each.up.some((row) => 'title' in row && row.title === title)
        await page.hear('d', rows)
        await page.hear('d', ({ up }) =>
          up.some((row) => 'title' in row && row.title === title && row.state === 'completed'),
        )
      }
      const answer = await fetch(`${signed.base}/api/tasks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' },
        body: JSON.stringify({ argv: ['sh', '-c', 'echo from curl'] }),
      })
      t.equal(answer.status, 201)
      await seen('sh -c echo from curl')
      const cmd = { op: 'submit', spec: { argv: ['echo', 'typed'] } } as const
      page.say({ t: 'cmd', id: '1', idem: 'typed', try: 1, cmd })
      t.match(await page.hear('res', ({ id }) => id === '1'), { ok: { repeated: false } })
      await seen('echo typed')
      const ran = await start(['--data', node.directory, 'run', '--', 'sh', '-c', 'exit 3']).ended
      t.equal(ran.code, 3)
      await page.hear('d', ({ up }) =>
        up.some((row) => 'title' in row && row.title === 'sh -c exit 3' && row.state === 'failed'),
      )
    },
  )

  t.test('its output is the same by HTTP as in the page', async (t) => {
    const headers = { authorization: `Bearer ${signed.key}` }
    const script = 'echo one; sleep 1; echo two'
    const submitted = await fetch(`${signed.base}/api/tasks`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ argv: ['sh', '-c', script] }),
    })
    const { id } = (await submitted.json()) as { readonly id: string }
    const followed = await (
      await fetch(`${signed.base}/api/tasks/${id}/output?follow=true`, { headers })
    ).text()
    t.match(followed, /^one\r?\ntwo\r?\n$/)
    const ch: Channel = `term:${id}/1`
    page.say({ t: 'sub', ch })
    await page.hear('term', (term) => term.ch === ch && term.ended === true)
    t.equal(textOf(page), followed)
    const rest = await fetch(`${signed.base}/api/tasks/${id}/output?from=5&bytes=3`, { headers })
    t.equal(await rest.text(), followed.slice(5, 8))
    const shown = await (await fetch(`${signed.base}/api/tasks/${id}`, { headers })).json()
    t.match(shown, { id, state: 'completed', attempts: [{ outcome: { class: 'ok' } }] })
  })

  t.test('a node that is killed and started again knows its pages', async (t) => {
    await node.kill('SIGKILL')
    t.equal(await page.closed, 1006)
    const again = await node.restart()
    t.teardown(() => again.remove())
    const second = await pageOf(Number(again.ready.console.split(':').at(-1)), signed.key)
    second.say({ t: 'sub', ch: 'tasks:all', view: { limit: 50 } })
    const snap = await second.hear('snap', ({ ch }) => ch === 'tasks:all')
    t.match(snap, { ep: 'one:2', total: 4 })
    await again.kill('SIGTERM')
    t.match(await second.hear('bye'), { why: 'drain' })
  })
})
