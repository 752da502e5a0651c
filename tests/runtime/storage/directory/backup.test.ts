import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../../runtime/scheduling/system-clock.ts'
import { backup } from '../../../../runtime/storage/directory/backup.ts'
import { openDirectory, type Directory } from '../../../../runtime/storage/directory/directory.ts'
import { restore } from '../../../../runtime/storage/directory/restore.ts'
import type { SafeStore } from '../../../../runtime/storage/safe-store.ts'
import { settled, type Op } from '../../../../runtime/storage/store.ts'
import {
  contentOf,
  damage,
  filled,
  killed,
  noise,
  nowhere,
  options,
  put,
  read,
  write,
} from './directory-of.ts'

const silent = { clock: systemClock, progress: () => undefined }
const RENAMED = { storeId: '02STORE', clusterId: '01CLUSTER', node: 'one' }

function restored(from: string, to: string, ops: readonly Op[] = []) {
  return restore(from, to, {
    clock: systemClock,
    sentinel: () => RENAMED,
    changed: () => Promise.resolve(ops),
  })
}

async function keysOf(store: SafeStore): Promise<string[]> {
  const keys: string[] = []
  await settled((done) => store.scan({ gte: '', lt: '~' }, (key) => void keys.push(key), done))
  return keys
}

t.test('a backup holds everything of one moment, and is restored as it was', async (t) => {
  const directory = await filled(2_500, 50)
  t.teardown(() => directory.close())
  mkdirSync(join(directory.path, 'blobs', 'ab'), { recursive: true, mode: 0o700 })
  writeFileSync(join(directory.path, 'blobs', 'ab', 'abcd'), 'a transcript')
  const to = nowhere()
  const steps: (readonly [number, number])[] = []
  await backup(directory, to, {
    ...silent,
    progress: (copied, total) => void steps.push([copied, total]),
  })
  const [copied = 0, total = 0] = steps.at(-1) ?? []
  t.ok(copied > 2 * 2_500 * 50 && copied === total, 'it ends with all of it')
  t.ok(steps.every(([some, all]) => some <= all))

  const into = nowhere()
  const { entries } = await restored(to, into, [put('first', 'changed')])
  t.equal(entries, 5_001)
  const again = await openDirectory(into, options)
  t.teardown(() => again.close())
  t.match(again.sentinel, { ...RENAMED, backupMs: undefined })
  t.same(await keysOf(again.cold), await keysOf(directory.cold))
  t.equal(read(again.hot, 'k02499'), noise(2_499, 50))
  t.equal(read(again.hot, 'first'), 'changed')
  t.equal(contentOf(join(into, 'blobs')).get('/ab/abcd'), 'a transcript')
})

/** What moves from `hot` to `cold`, in that order of writes, must never be seen in neither. */
async function moving(directory: Directory, running: () => boolean): Promise<number> {
  let moved = 0
  for (; running(); moved++) {
    const key = `m${String(moved).padStart(6, '0')}`
    await write(directory.hot, put(key, 'lives'))
    await write(directory.cold, put(key, 'ended'))
    await write(directory.hot, { type: 'delete', key })
  }
  return moved
}

t.test('a backup made while the store is written is of one moment in both databases', async (t) => {
  const directory = await filled(200)
  t.teardown(() => directory.close())
  let running = true
  const writes = moving(directory, () => running)
  for (let round = 0; round < 5; round++) {
    const to = nowhere()
    await backup(directory, to, silent)
    const into = nowhere()
    await restored(to, into)
    const copy = await openDirectory(into, options)
    const [live, ended] = [await keysOf(copy.hot), await keysOf(copy.cold)]
    const moved = new Set([...live, ...ended].filter((key) => key.startsWith('m')))
    const last = [...moved].sort().at(-1)
    t.equal(moved.size, last === undefined ? 0 : Number(last.slice(1)) + 1, 'none is missing')
    t.ok(live.filter((key) => key.startsWith('m')).length <= 1, 'and none is of a later moment')
    await copy.close()
  }
  running = false
  t.ok((await writes) > 0)
})

t.test('a backup is only for restoring, and only read by it', async (t) => {
  const directory = await filled(20)
  const to = nowhere()
  await backup(directory, to, silent)
  await directory.close()
  await t.rejects(openDirectory(to, options), {
    code: 'STORE_REFUSED',
    message: /it is a backup, of 20.*gaia admin restore/,
  })
  const before = contentOf(to)
  for (const name of ['hot', 'cold', '.']) chmodSync(join(to, name), 0o555)
  const into = nowhere()
  await restored(to, into)
  t.same(contentOf(to), before)
  await (await openDirectory(into, options)).close()
})

t.test('the directory of a stopped node can be restored, one in use cannot', async (t) => {
  const directory = await filled(20)
  await t.rejects(restored(directory.path, nowhere()), {
    code: 'STORE_LOCKED',
    message: /process \d+ has it open; back it up with: gaia admin backup DIR/,
  })
  const left = killed(directory)
  await directory.close()
  writeFileSync(join(left, 'LOCK'), '999999999\n') // Its process was killed.
  const into = nowhere()
  t.equal((await restored(left, into)).entries, 41)
})

t.test('only an empty directory is written into', async (t) => {
  const directory = await filled(2)
  t.teardown(() => directory.close())
  const full = nowhere()
  mkdirSync(full)
  writeFileSync(join(full, 'mine'), '')
  await t.rejects(backup(directory, full, silent), {
    code: 'INVALID_ARGUMENT',
    message: `Cannot back up to "${full}": it is not empty`,
  })
  const empty = nowhere()
  mkdirSync(empty)
  await backup(directory, `${empty}/`, silent)
  await t.rejects(restored(empty, full), {
    message: `Cannot restore into "${full}": it is not empty`,
  })
  await t.rejects(restored(full, nowhere()), {
    message: `Cannot open "${full}": there is no store in it`,
  })
  const into = nowhere()
  mkdirSync(into)
  await restored(empty, `${into}/`)
  t.ok(existsSync(join(into, 'STORE.json')))
})

t.test('what is left of a backup that did not come to its end is no backup', async (t) => {
  const directory = await filled(5)
  t.teardown(() => directory.close())
  const to = nowhere()
  mkdirSync(`${to}.part`)
  writeFileSync(join(`${to}.part`, 'STORE.json'), 'half')
  await t.rejects(restored(`${to}.part`, nowhere()), { message: /STORE.json is damaged/ })
  await backup(directory, to, silent)
  t.notOk(existsSync(`${to}.part`))
})

t.test('a damaged backup is not restored, and says which value is damaged', async (t) => {
  const directory = await filled(30, 400)
  const to = nowhere()
  await backup(directory, to, silent)
  await directory.close()
  const into = nowhere()
  const sizes = [...contentOf(join(to, 'cold'))].map(([name, text]) => [text.length, name] as const)
  const [, largest = ''] = sizes.sort(([one], [two]) => two - one)[0] ?? []
  const file = join(to, 'cold', largest)
  damage(file, (bytes) => void (bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 8))
  await t.rejects(restored(to, into), {
    code: 'STORE_CORRUPT',
    message: /^Cannot restore ".*": cannot (read|open)/,
  })
  t.notOk(existsSync(into))
  t.notOk(existsSync(`${into}.part`))
})
