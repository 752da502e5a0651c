import t from 'tap'
import { readCredential } from '../../../node/local-access.ts'
import { bearer, clientOf, failureOf, type Message } from '../../node/admin/door-of.ts'
import type { ArchitectProcess } from '../architect-of.ts'
import { OrderedDisk } from './disk-of.ts'

/** So that nothing runs: only what is stored is looked at. */
const LATER_MS = Date.now() + 3_600_000

async function clientTo(disk: OrderedDisk, node: ArchitectProcess) {
  const { admin } = await node.ready
  const client = clientOf(admin)
  const local = bearer(await readCredential(disk.data))
  const submit = (key: string, tried = 1): Promise<Message> => {
    const specs = [{ argv: ['true'], notBeforeMs: LATER_MS }]
    return client.unary('SubmitTask', { key, try: tried, specs }, local)
  }
  return { submit, close: () => client.close() }
}

if (process.platform === 'linux') {
  t.test('F16: one fsync fails: nothing more is acknowledged, and nothing is lost', async (t) => {
    const disk = new OrderedDisk()
    t.teardown(() => disk.remove())
    const first = disk.start()
    const before = await clientTo(disk, first)
    const acknowledged = new Map<string, unknown>()
    for (let n = 0; n < 20; n++) acknowledged.set(`k${n}`, (await before.submit(`k${n}`))['ids'])

    disk.order('sync EIO')
    const unknown = await failureOf(before.submit('unknown'))
    t.equal(unknown.code, 14, 'UNAVAILABLE: nobody knows')
    const { code, err } = await first.ended
    t.equal(code, 70)
    t.match(err, /Cannot write the store: .*Input\/output error/)
    before.close()

    const second = disk.start()
    t.teardown(async () => {
      second.child.kill('SIGTERM')
      await second.ended
    })
    const after = await clientTo(disk, second)
    t.teardown(() => after.close())
    for (const [key, ids] of acknowledged) {
      t.match(await after.submit(key, 2), { ids, repeated: true }, key)
    }
    const resolved = await after.submit('unknown', 2)
    t.match(await after.submit('unknown', 3), { ids: resolved['ids'], repeated: true })
  })
} else {
  t.comment('faults are injected on Linux; tests/runtime/storage has the rules')
  t.pass()
}
