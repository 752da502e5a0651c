import { status as Status } from '@grpc/grpc-js'
import t from 'tap'
import { METHODS } from '../../../node/admin/methods/table.ts'
import { loadDefinitions, SENT } from '../../../node/admin/definitions.ts'
import { permits, ROLES } from '../../../actors/doors/principal.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { all, bearer, clientOf, doorOf, failureOf } from './door-of.ts'
import { specOf } from './fleet-of.ts'

const SPEC = { argv: ['echo', 'hi'] }
const BY = { project: 'default', by: 'local' }

t.test('every method of the proto file is in the table, and the other way round', async (t) => {
  const declared = loadDefinitions('admin.proto', SENT).service('architect.admin.v1.Admin')
  t.same(Object.keys(METHODS).sort(), Object.keys(declared).sort())
})

t.test(
  'every method refuses a caller without a credential, and one with a wrong one',
  async (t) => {
    const { client, stop, fleet } = await doorOf()
    t.teardown(stop)
    for (const [name, { shape }] of Object.entries(METHODS)) {
      for (const metadata of [bearer(''), bearer('f'.repeat(63)), bearer('architect_0_0')]) {
        const failure = await failureOf(
          shape === 'unary'
            ? client.unary(name, {}, metadata)
            : all(
                shape === 'stream'
                  ? client.stream(name, {}, metadata)
                  : client.exchange(name, metadata),
              ),
        )
        t.equal(failure.code, Status.UNAUTHENTICATED, name)
      }
    }
    t.equal(fleet.submitted.length + fleet.calls.length, 0, 'nothing reached the fleet')
  },
)

t.test('a role may do what the roles before it may, and no more', async (t) => {
  const { client, credentials, stop } = await doorOf()
  t.teardown(stop)
  for (const role of ROLES) {
    const { secret } = await credentials.createToken({ name: role, role })
    for (const [name, method] of Object.entries(METHODS)) {
      if (method.shape !== 'unary') continue
      const failure = await client.unary(name, {}, bearer(secret)).then(() => undefined, codeOf)
      const allowed = permits(role, method.role)
      t.equal(failure !== Status.PERMISSION_DENIED, allowed, `${role} and ${name}`)
    }
  }
})

t.test('SubmitTask answers with ids, receipt and copies, and passes on who asked', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  const request = { key: 'k1', try: 2, project: 'p', specs: [SPEC, SPEC] }
  const answer = await client.unary('SubmitTask', request)
  t.match(answer, { repeated: false, copies: 1, receipt: { shard: 7, epoch: 1 } })
  t.equal((answer['ids'] as string[]).length, 2)
  t.match(fleet.submitted[0], { key: 'k1', try: 2, project: 'p', by: 'local' })
  const again = await client.unary('SubmitTask', request)
  t.match(again, { repeated: true, ids: answer['ids'] })
})

t.test('a malformed request is refused with the field that is wrong', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  const id = fleet.add(specOf(), BY)
  const wrong: [method: string, request: object, field: string][] = [
    ['SubmitTask', { key: 'k', specs: [] }, 'specs'],
    ['SubmitTask', { specs: [SPEC] }, 'key'],
    ['SubmitTask', { key: 'k', specs: [SPEC], ids: ['a', 'b'] }, 'ids'],
    ['GetTask', {}, 'id'],
    ['ListTasks', { limit: 201 }, 'limit'],
    ['ListTasks', { limit: 0 }, 'limit'],
    ['ListTasks', { states: ['running'] }, 'state'],
    ['ActOnTask', { action: 'explode', id }, 'action'],
    ['ActOnTask', { action: 'prioritize', id }, 'priority'],
    ['ActOnTask', { action: 'prioritize', id, priority: 11 }, 'priority'],
    ['CreateToken', { name: 'x', role: 'root' }, 'role'],
  ]
  for (const [method, request, field] of wrong) {
    const failure = await failureOf(client.unary(method, request))
    t.equal(failure.code, Status.INVALID_ARGUMENT, `${method} ${field}`)
    const [details] = failure.metadata.get('grpc-status-details-bin')
    t.match(String(details), field)
  }
})

t.test('failures carry a code, one line, when to try again, and google.rpc details', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  fleet.failure = new RuntimeError('RESOURCE_EXHAUSTED', 'Cannot submit:\n the queue is full ü', {
    retryAfterMs: 1_500,
    details: { limit: 10 },
  })
  const failure = await failureOf(client.unary('SubmitTask', { key: 'k', specs: [SPEC] }))
  t.equal(failure.code, Status.RESOURCE_EXHAUSTED)
  t.equal(failure.details, 'Cannot submit: the queue is full ü')
  t.same(failure.metadata.get('architect-code'), ['RESOURCE_EXHAUSTED'])
  t.same(failure.metadata.get('retry-after-ms'), ['1500'])
  const { decode } = loadDefinitions('status.proto', SENT)
  const [bytes] = failure.metadata.get('grpc-status-details-bin')
  const details = decode('google.rpc.Status', bytes as Buffer) as {
    readonly code: number
    readonly details: readonly { readonly typeUrl: string; readonly value: Buffer }[]
  }
  t.equal(details.code, Status.RESOURCE_EXHAUSTED)
  const [first, second] = details.details
  t.match(decode('google.rpc.ErrorInfo', first?.value ?? Buffer.of()), {
    reason: 'RESOURCE_EXHAUSTED',
    metadata: { limit: '10' },
  })
  t.match(decode('google.rpc.RetryInfo', second?.value ?? Buffer.of()), {
    retryDelay: { seconds: 1, nanos: 500_000_000 },
  })
})

t.test('a failure that is a bug says nothing of itself to the caller', async (t) => {
  const { client, fleet, unexpected, stop } = await doorOf()
  t.teardown(stop)
  const secret = new TypeError('undefined is not a secret')
  fleet.failure = secret
  const failure = await failureOf(client.unary('GetStatus', {}))
  t.equal(failure.code, Status.INTERNAL)
  t.notMatch(failure.details, 'secret')
  t.same(unexpected, [secret])
})

t.test('a message with a lone surrogate, or without end, does no harm', async (t) => {
  const { client, fleet, stop } = await doorOf()
  t.teardown(stop)
  for (const message of ['\ud800 alone', 'long '.repeat(100_000)]) {
    fleet.failure = new RuntimeError('NOT_FOUND', message)
    const failure = await failureOf(client.unary('GetTask', { id: 'x' }))
    t.equal(failure.code, Status.NOT_FOUND)
    t.ok(failure.details.length <= 1_001)
  }
})

t.test('ListTasks pages, ActOnTask acts, PauseProject pauses, tokens come and go', async (t) => {
  const { client, fleet, credentials, stop } = await doorOf()
  t.teardown(stop)
  const ids = [1, 2, 3].map(() => fleet.add(specOf({ labels: ['x'] }), BY))
  const page = await client.unary('ListTasks', { limit: 2, label: 'x', states: ['available'] })
  t.match(page, {
    tasks: [{ id: ids[2], labels: ['x'] }, { id: ids[1] }],
    cursor: String,
    counts: { available: 3 },
  })
  const rest = await client.unary('ListTasks', { limit: 2, cursor: page['cursor'] })
  t.match(rest, { tasks: [{ id: ids[0], priority: 5 }] })

  const act = { action: 'prioritize', id: ids[0], priority: 0 }
  t.match(await client.unary('ActOnTask', act), { spec: { priority: 0 } })
  t.match(await client.unary('ExplainTask', { id: ids[0] }), { ahead: 3, considered: [{}] })
  await client.unary('PauseProject', { project: 'p', paused: true })
  t.match(fleet.calls.at(-1), { project: 'p', paused: true, by: 'local' })

  const made = await client.unary('CreateToken', { name: 'ci', role: 'viewer', user: 'ann' })
  const secret = String(made['secret'])
  t.match(await client.unary('ListTokens', {}), { tokens: [{ name: 'ci', user: 'ann' }] })
  t.match(credentials.verify(secret), { name: 'ann', role: 'viewer' })
  await client.unary('RevokeToken', { id: (made['token'] as { id: string }).id })
  t.equal(credentials.verify(secret), undefined)
  t.equal((await failureOf(client.unary('GetStatus', {}, bearer(secret)))).code, 16)
  t.match(await client.unary('GetStatus', {}), { node: 'one', nodes: [{ slots: 4 }] })
  const receipt = { shard: 7, epoch: 1, index: 42, hash: 'ab'.repeat(32) }
  t.match(await client.unary('VerifyReceipt', receipt), { verdict: 'true' })
  const short = await failureOf(client.unary('VerifyReceipt', { ...receipt, hash: 'ab' }))
  t.match(short, { code: 3, details: /it is not 64 hexadecimal digits/ })
  t.match(await client.unary('ListActors', {}), {
    actors: [{ id: 'idle', status: 'running', messages: 0 }],
    deadLetters: { counts: { late: 1, full: 0 }, recent: [{ to: 'idle', type: 'nudge' }] },
  })
  t.match(await client.unary('ListSchemas', {}), { schemas: [{ kind: 'task' }] })
  t.match(await client.unary('ConsoleLink', {}), { url: 'http://127.0.0.1:8080/#c=local' })
})

t.test('the deadline of a call reaches the fleet, on the monotonic clock', async (t) => {
  const { door, fleet, stop } = await doorOf()
  t.teardown(stop)
  const { connectAdmin } = await import('../../../node/gaia/client.ts')
  const client = connectAdmin({ address: door.address, secret: 'f'.repeat(64), whenRefused: '' })
  t.teardown(() => client.close())
  await client.call('SubmitTask', { key: 'k', try: 1, specs: [{ argv: ['true'] }] })
  const leftMs = (fleet.submitted[0]?.deadlineMs ?? 0) - performance.now()
  t.ok(leftMs > 5_000 && leftMs <= 10_000, `${leftMs} ms left of 10 s`)
})

t.test('a message of 5 MiB is refused with RESOURCE_EXHAUSTED, and the node goes on', async (t) => {
  const { client, stop } = await doorOf()
  t.teardown(stop)
  const huge = { key: 'k', specs: [{ argv: ['x'.repeat(5 * 1024 * 1024)] }] }
  const failure = await failureOf(client.unary('SubmitTask', huge))
  t.equal(failure.code, Status.RESOURCE_EXHAUSTED)
  t.match(await client.unary('GetStatus', {}), { node: 'one' })
})

t.test(
  'stop() ends streams so that their callers connect anew, and lets calls finish',
  async (t) => {
    const { client, door, fleet, stop } = await doorOf()
    t.teardown(stop)
    fleet.held = []
    const watch = all(client.stream('WatchTasks', {}))
    const submitted = client.unary('SubmitTask', { key: 'k', specs: [SPEC] })
    while (fleet.held.length === 0 || fleet.watchers.size === 0) await new Promise(setImmediate)
    const stopped = door.stop(5_000)
    const ended = await failureOf(watch)
    t.equal(ended.code, Status.UNAVAILABLE)
    t.same(ended.metadata.get('retry-after-ms'), ['1000'])
    for (const release of fleet.held) release()
    t.match(await submitted, { copies: 1 })
    await stopped
    t.equal(fleet.watchers.size, 0)
    const late = clientOf(door.address)
    t.equal((await failureOf(late.unary('GetStatus', {}))).code, Status.UNAVAILABLE)
    late.close()
  },
)

function codeOf(failure: unknown): number {
  return (failure as { readonly code: number }).code
}
