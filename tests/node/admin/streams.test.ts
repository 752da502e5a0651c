import { status as Status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js'
import t from 'tap'
import { RuntimeError } from '../../../runtime/errors.ts'
import { all, doorOf, failureOf, type Message } from './door-of.ts'
import { MemoryOutput, specOf } from './fleet-of.ts'

const SPEC = { argv: ['echo', 'hi'] }
const BY = { project: 'default', by: 'local' }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}

/** Replies of a Submit stream, by request number. */
function repliesOf(stream: ClientDuplexStream<object, Message>): Map<number, Message> {
  const replies = new Map<number, Message>()
  stream.on('data', (frame: { readonly replies: readonly Message[] }) => {
    for (const reply of frame.replies) replies.set(Number(reply['request']), reply)
  })
  return replies
}

async function endOf(stream: ClientDuplexStream<object, Message>): Promise<void> {
  const ended = new Promise((resolve) => stream.on('end', resolve))
  stream.end()
  await ended
}

t.test(
  'Submit answers each request alone: a refused one does not disturb its neighbors',
  async (t) => {
    const { client, stop } = await doorOf()
    t.teardown(stop)
    const stream = client.exchange('Submit')
    const replies = repliesOf(stream)
    const requests = [
      { request: 1, key: 'a', specs: [SPEC] },
      { request: 2, key: 'b', specs: [{ argv: [] }] },
      { request: 3, specs: [SPEC] },
      { request: 4, key: 'a', specs: [SPEC] },
    ]
    stream.write({ requests })
    stream.write({ requests: [{ request: 5, key: 'c', specs: [SPEC] }] })
    await endOf(stream)
    t.match(replies.get(1), { copies: 1, repeated: false, failure: null })
    t.match(replies.get(2), { failure: { code: 'INVALID_ARGUMENT', retryable: false } })
    t.match(replies.get(3), { failure: { code: 'INVALID_ARGUMENT', details: { field: 'key' } } })
    t.match(replies.get(4), { repeated: true, ids: replies.get(1)?.['ids'] })
    t.match(replies.get(5), { copies: 1 })
  },
)

t.test('Submit answers in the order in which requests become durable', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  fleet.held = []
  const stream = client.exchange('Submit')
  const replies = repliesOf(stream)
  stream.write({ requests: [1, 2].map((n) => ({ request: n, key: `k${n}`, specs: [SPEC] })) })
  await until(() => fleet.held?.length === 2)
  fleet.held[1]?.()
  await until(() => replies.size === 1)
  t.same([...replies.keys()], [2])
  fleet.held[0]?.()
  await until(() => replies.size === 2)
  await endOf(stream)
})

t.test('Submit reads no further while its limit of requests is in flight', async (t) => {
  const { client, fleet, stop } = await doorOf({ limits: { inFlightMax: 4 } })
  t.teardown(stop)
  fleet.held = []
  const stream = client.exchange('Submit')
  const replies = repliesOf(stream)
  for (let n = 1; n <= 40; n++)
    stream.write({ requests: [{ request: n, key: `k${n}`, specs: [SPEC] }] })
  await until(() => (fleet.held?.length ?? 0) >= 4)
  for (let n = 0; n < 50; n++) await turn()
  t.ok(fleet.held.length <= 5, `${fleet.held.length} in flight`)
  const { held } = fleet
  fleet.held = undefined
  for (const release of held) release()
  await until(() => replies.size === 40)
  await endOf(stream)
})

t.test('Submit ends on a frame of more than 1,024 requests', async (t) => {
  const { client, stop } = await doorOf()
  t.teardown(stop)
  const stream = client.exchange('Submit')
  const failed = failureOf(all(stream))
  stream.write({ requests: Array.from({ length: 1_025 }, () => ({ key: 'k', specs: [SPEC] })) })
  t.equal((await failed).code, Status.RESOURCE_EXHAUSTED)
})

t.test('WatchTasks tells each change, and a cancelled watch stops its work', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  const stream = client.stream('WatchTasks', { project: 'p' })
  const seen: Message[] = []
  stream.on('data', (task: Message) => seen.push(task))
  stream.on('error', () => {})
  await until(() => fleet.watchers.size === 1)
  fleet.add(specOf(), BY)
  const id = fleet.add(specOf(), { ...BY, project: 'p' })
  fleet.change(id, { state: 'executing' })
  await until(() => seen.length === 2)
  t.match(seen, [
    { id, state: 'available' },
    { id, state: 'executing' },
  ])
  stream.cancel()
  await until(() => fleet.watchers.size === 0)
})

t.test('WatchTasks gives a slow reader the newest state, in bounded memory', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  const ids = [1, 2, 3].map(() => fleet.add(specOf({ title: 'x'.repeat(200) }), BY))
  const stream = client.stream('WatchTasks', {})
  stream.pause()
  await until(() => fleet.watchers.size === 1)
  const changes = 20_000
  for (let n = 1; n <= changes; n++) {
    for (const id of ids) fleet.change(id, { reason: `change ${n} ${'y'.repeat(200)}` })
    if (n % 100 === 0) await turn()
  }
  let count = 0
  const last = new Map<unknown, unknown>()
  stream.on('data', (task: Message) => {
    count++
    last.set(task['id'], task['version'])
  })
  stream.resume()
  await until(() => ids.every((id) => last.get(id) === changes + 1))
  t.ok(count < 3 * changes, `${count} of ${3 * changes} changes were sent`)
  stream.on('error', () => {})
  stream.cancel()
})

t.test('FollowOutput sends every byte once, live, from any offset', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  const id = fleet.add(specOf(), BY)
  const output = new MemoryOutput()
  fleet.outputs.set(id, output)
  output.append('hello ')
  const parts = all(client.stream('FollowOutput', { id, fromOffset: 2, follow: true }))
  await until(() => output.followers === 1)
  output.append('world')
  output.end()
  const received = await parts
  t.equal(textOf(received), 'llo world')
  t.match(received.at(-1), { end: { attempt: { attempt: 1 } } })
  const now = await all(client.stream('FollowOutput', { id, fromOffset: 11 }))
  t.equal(textOf(now), '')
})

t.test('FollowOutput fails with the name of what is damaged', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  const id = fleet.add(specOf(), BY)
  const output = new MemoryOutput()
  fleet.outputs.set(id, output)
  output.damage()
  const failure = await failureOf(all(client.stream('FollowOutput', { id })))
  t.match(failure, { code: Status.DATA_LOSS, details: 'Cannot read the blob "ab12": it is gone' })
})

t.test('FollowOutput pauses the source while the reader does not read', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  const id = fleet.add(specOf(), BY)
  const bytes = Buffer.alloc(24 * 1024 * 1024, 'output ')
  const output = new MemoryOutput()
  fleet.outputs.set(id, output)
  output.append(bytes)
  output.end()
  const stream = client.stream('FollowOutput', { id, follow: true })
  stream.pause()
  await until(() => output.handedBytes > 0)
  for (let n = 0; n < 200; n++) await turn()
  t.ok(output.handedBytes < 12 * 1024 * 1024, `${output.handedBytes} bytes were handed over`)
  let received = 0
  for await (const part of stream) received += (part as Part).bytes?.chunk.length ?? 0
  t.equal(received, bytes.length)
})

t.test('a cancelled FollowOutput lets go of the source', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  const id = fleet.add(specOf(), BY)
  const output = new MemoryOutput()
  fleet.outputs.set(id, output)
  const stream = client.stream('FollowOutput', { id, follow: true })
  stream.on('error', () => {})
  await until(() => output.followers === 1)
  stream.cancel()
  await until(() => output.followers === 0)
  const failure = await failureOf(all(client.stream('FollowOutput', { id: 'none' })))
  t.equal(failure.code, Status.NOT_FOUND)
})

t.test('Bulk and Backup tell how far they are, and a failure on the way', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  for (let n = 0; n < 5; n++) fleet.add(specOf(), { ...BY, project: n < 3 ? 'p' : 'q' })
  const steps = await all(client.stream('Bulk', { action: 'cancel', project: 'p' }))
  t.match(steps.at(-1), { changed: 3, done: true })
  t.same(fleet.counts().cancelled, 3)
  const backup = await all(client.stream('Backup', { directory: '/backup' }))
  t.match(backup.at(-1), { copiedBytes: 100, totalBytes: 100, done: true })
  const relative = await failureOf(all(client.stream('Backup', { directory: 'here' })))
  t.equal(relative.code, Status.INVALID_ARGUMENT)
  fleet.failure = new RuntimeError('UNAVAILABLE', 'Cannot act: no leader')
  const failed: ServiceError = await failureOf(all(client.stream('Bulk', { action: 'retry' })))
  t.equal(failed.code, Status.UNAVAILABLE)
})

interface Part {
  readonly bytes: { readonly offset: number; readonly chunk: Buffer } | null
}

/** Fails on a gap or an overlap. */
function textOf(parts: readonly Message[]): string {
  let text = ''
  let next: number | undefined
  for (const { bytes } of parts as unknown as readonly Part[]) {
    if (!bytes) continue
    if (next !== undefined && bytes.offset !== next) throw new Error(`a gap at ${next}`)
    next = bytes.offset + bytes.chunk.length
    text += bytes.chunk.toString()
  }
  return text
}
