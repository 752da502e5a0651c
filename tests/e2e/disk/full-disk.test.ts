import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { readCredential } from '../../../node/local-access.ts'
import {
  bearer,
  clientOf,
  failureOf,
  type Message,
  type RawClient,
} from '../../node/admin/door-of.ts'
import type { ArchitectProcess } from '../architect-of.ts'
import { mayMount, OrderedDisk, SLOTS, SmallDisk, type TestDisk } from './disk-of.ts'

const MIB = 1024 * 1024

/** What a client sees of the node, whenever it is there. */
class Client {
  readonly #client: RawClient
  readonly #local: ReturnType<typeof bearer>

  private constructor(client: RawClient, local: ReturnType<typeof bearer>) {
    this.#client = client
    this.#local = local
  }

  static async of(disk: TestDisk, node: ArchitectProcess): Promise<Client> {
    const { admin } = await node.ready
    return new Client(clientOf(admin), bearer(await readCredential(disk.seenIn(node))))
  }

  close(): void {
    this.#client.close()
  }

  submit(key: string, argv = ['true'], tried = 1): Promise<Message> {
    return this.#client.unary('SubmitTask', { key, try: tried, specs: [{ argv }] }, this.#local)
  }

  task(id: string): Promise<Message> {
    return this.#client.unary('GetTask', { id }, this.#local)
  }

  async disk(): Promise<string> {
    const { health } = await this.#client.unary('GetStatus', {}, this.#local)
    const notes = health as readonly { component: string; level: string; message: string }[]
    const note = notes.find(({ component }) => component === 'disk')
    return `${note?.level}: ${note?.message}`
  }
}

async function until(holds: () => Promise<boolean> | boolean, withinMs = 30_000): Promise<void> {
  for (const startedMs = performance.now(); !(await holds()); await pause(100)) {
    if (performance.now() - startedMs > withinMs) throw new Error(`not within ${withinMs} ms`)
  }
}

/** F14, on any disk that can be filled. */
async function fills(t: Test, disk: TestDisk): Promise<void> {
  t.teardown(() => disk.remove())
  const node = disk.start()
  t.teardown(async () => {
    node.child.kill('SIGTERM')
    await node.ended
  })
  const acknowledged: string[] = []
  const client = await Client.of(disk, node)
  t.teardown(() => client.close())
  const submit = async (key: string, argv?: string[]): Promise<void> => {
    acknowledged.push(((await client.submit(key, argv))['ids'] as string[])[0] ?? '')
  }
  const go = join(tmpdir(), `architect-go-${process.pid}-${performance.now()}`)
  t.teardown(() => rmSync(go, { force: true }))
  const wait = ['sh', '-c', `until [ -e ${go} ]; do sleep 0.1; done`]
  for (let n = 0; n < SLOTS; n++) await submit(`running-${n}`, wait)

  disk.leave(node, 8 * MIB)
  await until(async () => /^warning/.test(await client.disk()))
  await submit('low')

  disk.leave(node, 5 * MIB)
  await until(async () => /^failing/.test(await client.disk()))
  t.match(await client.disk(), 'no task is taken or started below 6.4 MiB')
  const scarce = await failureOf(client.submit('scarce'))
  t.match(scarce, { code: 8, details: /5\.\d MiB of the disk are free/ })
  t.equal(scarce.metadata.get('architect-code')[0], 'STORE_FULL')
  t.equal(scarce.metadata.get('retry-after-ms')[0], '5000')

  disk.leave(node, 2 * MIB)
  await until(async () => /nothing is changed below 3.2 MiB/.test(await client.disk()))

  writeFileSync(go, '')
  await until(() => {
    disk.leave(node, 0)
    return /waiting for room/.test(node.err())
  })
  t.match(node.err(), /(No space left on device|ENOSPC)/, 'the end of a task met the full disk')
  t.equal(node.child.exitCode, null, 'it started again by itself, as the same process')
  const readyCount = (): number => node.out().split('"event":"ready"').length - 1
  t.equal(readyCount(), 1)

  disk.empty(node)
  const emptiedMs = performance.now()
  await until(() => readyCount() === 2)
  const healed = await Client.of(disk, { ...node, ready: Promise.resolve(lastReady(node)) })
  t.teardown(() => healed.close())
  await healed.submit('scarce', ['true'], 2)
  t.ok(performance.now() - emptiedMs < 30_000, 'it healed without anybody')
  for (const id of acknowledged) {
    await until(async () => (await healed.task(id))['state'] === 'completed')
  }
  t.equal(new Set(acknowledged).size, SLOTS + 1, 'nothing that was acknowledged is lost')
}

function lastReady(node: ArchitectProcess): Awaited<ArchitectProcess['ready']> {
  const line = node
    .out()
    .trimEnd()
    .split('\n')
    .findLast((each) => each.includes('"event":"ready"'))
  return JSON.parse(line ?? '') as Awaited<ArchitectProcess['ready']>
}

if (process.platform === 'linux') {
  t.test('F14: a disk that fills step by step, and is emptied', (t) =>
    fills(t, mayMount() ? new SmallDisk() : new OrderedDisk()),
  )
} else {
  t.comment('faults are injected on Linux; tests/actors/space.test.ts has the rules')
  t.pass()
}
