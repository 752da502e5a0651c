import { connect } from 'node:net'
import t from 'tap'
import { MemoryOutput, specOf } from '../../node/admin/fleet-of.ts'
import { consoleOf, LOCAL_SECRET, type TestConsole } from '../console-of.ts'

const BY = { project: 'default', by: 'local' }

function outputOf({ fleet }: TestConsole, text: string): { id: string; output: MemoryOutput } {
  const id = fleet.add(specOf(), BY)
  const output = new MemoryOutput()
  output.append(text)
  fleet.outputs.set(id, output)
  return { id, output }
}

t.test('output is bytes that no browser takes for a page', async (t) => {
  const console = await consoleOf(t)
  const { id } = outputOf(console, '<script>alert(1)</script>')
  const answer = await console.get(`/api/tasks/${id}/output`)
  t.equal(await answer.text(), '<script>alert(1)</script>')
  t.equal(answer.headers.get('content-type'), 'application/octet-stream')
  t.equal(answer.headers.get('content-disposition'), 'attachment')
  t.match(answer.headers.get('content-security-policy'), /sandbox/)
  t.equal(answer.headers.get('output-offset'), '0')
})

t.test('output comes from an offset, so much of it as was asked for', async (t) => {
  const console = await consoleOf(t)
  const { id } = outputOf(console, '0123456789')
  const get = async (query: string): Promise<string> =>
    (await console.get(`/api/tasks/${id}/output?${query}`)).text()
  t.equal(await get('from=4'), '456789')
  t.equal(await get('from=4&bytes=3'), '456')
  t.equal(await get('from=10'), '')
  t.equal((await console.get(`/api/tasks/${id}/output?from=-1`)).status, 400)
  t.equal((await console.get(`/api/tasks/${console.fleet.nextId()}/output`)).status, 404)
})

t.test('output is followed until the attempt ends', async (t) => {
  const console = await consoleOf(t)
  const { id, output } = outputOf(console, 'one ')
  const answer = await console.get(`/api/tasks/${id}/output?follow=true`)
  const reader = answer.body?.getReader()
  t.equal(Buffer.from((await reader?.read())?.value ?? '').toString(), 'one ')
  output.append('two')
  t.equal(Buffer.from((await reader?.read())?.value ?? '').toString(), 'two')
  output.end()
  t.ok((await reader?.read())?.done)
  t.equal(output.followers, 0)
})

t.test('what is damaged is named; what was begun is cut', async (t) => {
  const console = await consoleOf(t)
  const { id, output } = outputOf(console, '')
  output.damage()
  const answer = await console.get(`/api/tasks/${id}/output`)
  t.equal(answer.status, 500)
  t.match(await answer.json(), { error: { code: 'STORE_CORRUPT', message: /the blob "ab12"/ } })
  const begun = outputOf(console, 'one ')
  const whole = await console.get(`/api/tasks/${begun.id}/output?follow=true`)
  t.equal(whole.status, 200)
  const rest = t.rejects(whole.text())
  begun.output.damage()
  await rest
})

t.test('a reader that does not read pauses the source; one that leaves ends it', async (t) => {
  const console = await consoleOf(t)
  const { id, output } = outputOf(console, '')
  output.append(Buffer.alloc(64 * 1024 * 1024))
  const socket = connect(console.port, '127.0.0.1')
  socket.pause()
  socket.write(
    `GET /api/tasks/${id}/output?follow=true HTTP/1.1\r\nhost: localhost:${console.port}\r\n` +
      `authorization: Bearer ${LOCAL_SECRET}\r\n\r\n`,
  )
  while (output.handedBytes === 0) await new Promise((resolve) => setImmediate(resolve))
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
  t.ok(output.handedBytes < output.bytes.length / 2, `${output.handedBytes} bytes were handed over`)
  t.equal(output.followers, 1)
  socket.destroy()
  while (output.followers > 0) await new Promise((resolve) => setImmediate(resolve))
  t.equal(
    await (await console.get('/metrics')).text().then((text) => /in_flight (\d)/.exec(text)?.[1]),
    '1',
  )
})

t.test(
  'a console that stops cuts what is followed, so that nobody takes it for the whole',
  async (t) => {
    const console = await consoleOf(t)
    const { id } = outputOf(console, 'one ')
    const answer = await console.get(`/api/tasks/${id}/output?follow=true`)
    const reader = answer.body?.getReader()
    await reader?.read()
    const more = t.rejects(async () => void (await reader?.read()))
    await console.console.stop(10_000)
    await more
  },
)
