import { execFileSync } from 'node:child_process'
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readCredential } from '../../node/local-access.ts'
import { bearer, clientOf, type Message, type RawClient } from '../node/admin/door-of.ts'
import {
  architectOf,
  nodeFlags,
  spawnArchitect,
  temporaryDirectory,
  type Architect,
} from './architect-of.ts'

/** The same in every request, so that a repeated one is the same. */
const LATER_MS = Date.now() + 3_600_000

interface Client {
  readonly raw: RawClient
  call(method: string, request: object): Promise<Message>
}

async function connect({
  ready,
  directory,
}: Pick<Architect, 'ready' | 'directory'>): Promise<Client> {
  const raw = clientOf(ready.admin)
  const local = bearer(await readCredential(directory))
  return { raw, call: (method, request) => raw.unary(method, request, local) }
}

/** A task that waits, with so many bytes to be stored. */
async function submit(client: Client, key: string, bytes = 1_000): Promise<string> {
  const specs = [{ argv: ['true', 'x'.repeat(bytes)], notBeforeMs: LATER_MS }]
  const { ids } = await client.call('SubmitTask', { key, specs, try: 2 })
  return (ids as readonly string[])[0] ?? ''
}

/** The ids of 50 acknowledged tasks of a node that was killed. */
async function killed(directory: string): Promise<readonly string[]> {
  const node = await architectOf({ directory })
  const client = await connect(node)
  const ids: string[] = []
  for (let count = 0; count < 50; count++) ids.push(await submit(client, `k${count}`))
  client.raw.close()
  await node.kill('SIGKILL')
  return ids
}

/** The newest write-ahead log of the hot database. */
function logOf(directory: string): string {
  const logs = readdirSync(join(directory, 'hot')).filter((name) => name.endsWith('.log'))
  return join(directory, 'hot', logs.toSorted().at(-1) ?? '')
}

function flip(path: string, at: number): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  writeSync(file, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at)
  closeSync(file)
}

t.test('damage is found when the node starts, named, and put aside; never served', async (t) => {
  const good = await temporaryDirectory()
  const ids = await killed(good)
  const damages: Readonly<Record<string, (log: string) => void>> = {
    'a flipped bit': (log) => flip(log, Math.floor(statSync(log).size / 2)),
    'a page of zeroes': (log) => {
      const bytes = readFileSync(log)
      writeFileSync(log, bytes.fill(0, 8_192, 12_288))
    },
    'half of it cut off': (log) => truncateSync(log, Math.floor(statSync(log).size / 2)),
    'all of it cut off': (log) => truncateSync(log, 0),
  }
  for (const [name, damage] of Object.entries(damages)) {
    const copy = join(await temporaryDirectory(), 'data')
    const filter = (path: string): boolean => !path.endsWith('.sock')
    await cp(good, copy, { recursive: true, filter })
    damage(logOf(copy))
    const { code, out, err } = await spawnArchitect(nodeFlags(copy)).ended
    t.equal(code, 1, name)
    t.equal(out, '')
    const said =
      /^architect: Cannot open the "hot" database: batches ([\d, to]+) are lost; moved to "(.*)"; restore a backup into another directory\n$/
    t.match(err, said)
    const [, lost = '', aside = ''] = said.exec(err) ?? []
    t.match(JSON.parse(readFileSync(join(aside, 'report.json'), 'utf8')), { database: 'hot', lost })
    t.ok(readdirSync(join(aside, 'hot')).includes('CURRENT'), 'as evidence')
    const again = await spawnArchitect(nodeFlags(copy)).ended
    t.match(
      again,
      { code: 1, err: /restore a backup into another directory/ },
      'it never starts empty',
    )
  }
  const node = await architectOf({ directory: good })
  t.teardown(() => node.remove())
  const client = await connect(node)
  t.teardown(() => client.raw.close())
  for (const id of ids) await client.call('GetTask', { id })
})

t.test('a database without CURRENT is refused, and nothing of it is touched', async (t) => {
  const directory = await temporaryDirectory()
  await killed(directory)
  await rm(join(directory, 'hot', 'CURRENT'))
  const before = listing(directory)
  const { code, err } = await spawnArchitect(nodeFlags(directory)).ended
  t.equal(code, 1)
  t.match(err, /^architect: Cannot open .*: "hot\/CURRENT" is gone; nothing was changed; .*\n$/)
  t.equal(listing(directory), before)
})

function listing(directory: string): string {
  return execFileSync(
    'find',
    [join(directory, 'hot'), join(directory, 'cold'), '-type', 'f', '-ls'],
    {
      encoding: 'utf8',
    },
  )
}

t.test(
  'a disk that refuses a write ends the node with 70; nothing acknowledged is lost',
  async (t) => {
    const directory = await temporaryDirectory()
    await killed(directory)
    // Files of at most 1 MiB: the write that goes beyond fails, as on a full or broken disk.
    const within = ['sh', '-c', 'ulimit -f 2048; exec "$@"', 'sh']
    const limited = spawnArchitect(nodeFlags(directory), { within })
    const client = await connect({ directory, ready: await limited.ready })
    const acknowledged = new Map<string, string>()
    let unknown = ''
    for (let count = 0; unknown === ''; count++) {
      const key = `big${count}`
      await submit(client, key, 20_000).then(
        (id) => acknowledged.set(key, id),
        () => (unknown = key),
      )
    }
    const { code, signal, err } = await limited.ended
    client.raw.close()
    // As Node ends it lets signals act again: a write of LevelDB's own thread may meet the limit then.
    if (signal !== 'SIGXFSZ') {
      t.equal(code, 70)
      t.match(err, /^architect: Cannot write the store: .*File too large\n$/)
    }
    t.ok(acknowledged.size > 10)

    const healed = await architectOf({ directory })
    t.teardown(() => healed.remove())
    const next = await connect(healed)
    t.teardown(() => next.raw.close())
    for (const [key, id] of acknowledged) {
      t.equal(await submit(next, key, 20_000), id, 'the same key is the same task')
    }
    const settled = await submit(next, unknown, 20_000)
    t.equal(await submit(next, unknown, 20_000), settled, 'what was unknown is settled by its key')
  },
)
