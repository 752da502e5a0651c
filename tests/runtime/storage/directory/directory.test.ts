import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import t from 'tap'
import { openDirectory } from '../../../../runtime/storage/directory/directory.ts'
import {
  contentOf,
  damage,
  filled,
  killed,
  logOf,
  nowhere,
  options,
  read,
  tablesOf,
} from './directory-of.ts'

t.test('what was acknowledged is there after a kill and after a close', async (t) => {
  const directory = await filled(30)
  const afterKill = await openDirectory(killed(directory), options)
  t.equal(read(afterKill.hot, 'k00029')?.length, 200)
  t.match(afterKill.sentinel, { storeId: '01STORE', node: 'one', format: 1 })
  await afterKill.close()
  await directory.close()
  const again = await openDirectory(directory.path, options)
  t.equal(read(again.cold, 'k00029')?.length, 200)
  await again.close()
  t.same(readdirSync(directory.path).sort(), ['HWM.cold', 'HWM.hot', 'STORE.json', 'cold', 'hot'])
})

/** F17: what can happen to a write-ahead log of which every batch was acknowledged. */
const LOG_DAMAGE: Readonly<Record<string, (bytes: Buffer) => Buffer | void>> = {
  'one bit flipped': (bytes) =>
    void (bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1),
  'a page of zeros': (bytes) => void bytes.fill(0, 8_192, 12_288),
  'cut in the middle': (bytes) => bytes.subarray(0, bytes.length >> 1),
  'ten bytes short': (bytes) => bytes.subarray(0, bytes.length - 10),
  emptied: () => Buffer.alloc(0),
}

t.test(
  'F17: a damaged log is found at opening, and all of it is set aside as it was',
  async (t) => {
    const directory = await filled(150)
    t.teardown(() => directory.close())
    for (const [what, change] of Object.entries(LOG_DAMAGE)) {
      for (const database of ['hot', 'cold']) {
        const path = killed(directory)
        damage(logOf(path, database), change)
        const found = contentOf(join(path, database))
        const refusal = await openDirectory(path, options).then(
          () => undefined,
          (error: unknown) => error as { message: string; details: { lost: string } },
        )
        const name = `${database}: ${what}`
        t.match(refusal, { code: 'STORE_CORRUPT', details: { database } }, name)
        t.match(refusal?.details.lost, /^\d+/, name)
        const aside = readdirSync(path).find((each) => each.startsWith('quarantine-')) ?? ''
        const report = readFileSync(join(path, aside, 'report.json'), 'utf8')
        t.match(JSON.parse(report), { lost: refusal?.details.lost, database }, name)
        const unchanged = new Map([...found].filter(([file]) => !/LOCK|LOG/.test(file)))
        t.same(contentOf(join(path, aside, database)), unchanged, `${name}: untouched`)
        await t.rejects(
          openDirectory(path, options),
          { code: 'STORE_REFUSED' },
          `${name}: not empty`,
        )
      }
    }
  },
)

t.test('F18: no flipped bit of a table is ever served as a value', async (t) => {
  const directory = await filled(40, 300)
  await directory.close()
  const opened = await openDirectory(directory.path, options) // The log becomes a table.
  const expected = new Map(
    Array.from({ length: 40 }, (_, n) => `k${String(n).padStart(5, '0')}`).map((key) => [
      key,
      read(opened.hot, key),
    ]),
  )
  await opened.close()
  const outcomes = { served: 0, refused: 0, missing: 0 }
  const sizes = tablesOf(directory.path).map((file) => [readFileSync(file).length, file] as const)
  const [size, table] = sizes.sort(([a], [b]) => b - a)[0] ?? [0, '']
  for (let at = 100; at < size; at += Math.ceil(size / 60)) {
    const path = killed(directory)
    damage(table.replace(directory.path, path), (bytes) => void (bytes[at] = (bytes[at] ?? 0) ^ 4))
    const rotten = await openDirectory(path, options).catch(() => undefined)
    for (const [key, value] of expected) {
      try {
        const found = rotten && read(rotten.hot, key)
        if (found !== undefined && found !== value) t.fail(`${key}: a wrong value, byte ${at}`)
        outcomes[found === undefined ? 'missing' : 'served'] += 1
      } catch (error) {
        t.match(error, { code: 'STORE_CORRUPT' })
        outcomes.refused += 1
      }
    }
    await rotten?.close()
  }
  t.ok(outcomes.refused > 0 && outcomes.served > 0, JSON.stringify(outcomes))
})

t.test(
  'F18: a table, the manifest or CURRENT that is gone refuses the store, nothing is lost',
  async (t) => {
    const directory = await filled(40)
    await directory.close()
    await (await openDirectory(directory.path, options)).close()
    const files = readdirSync(join(directory.path, 'hot')).filter((name) => !/^LO/.test(name))
    const kinds = { table: /\.ldb$/, manifest: /^MANIFEST/, contents: /^CURRENT$/ }
    for (const [what, pattern] of Object.entries(kinds)) {
      const path = killed(directory)
      const gone = join(path, 'hot', files.find((name) => pattern.test(name)) ?? '')
      renameSync(gone, `${gone}.away`)
      await t.rejects(openDirectory(path, options), { code: /STORE_(CORRUPT|REFUSED)/ }, what)
      const holder = existsSync(join(path, 'hot'))
        ? path
        : join(path, readdirSync(path).find((name) => name.startsWith('quarantine')) ?? '')
      const back = join(holder, 'hot', gone.slice(dirname(gone).length + 1))
      renameSync(`${back}.away`, back)
      for (const name of files) t.ok(existsSync(join(holder, 'hot', name)), `${what}: ${name}`)
    }
  },
)

t.test('a lost or damaged mark is refused: nobody could say what is missing', async (t) => {
  const directory = await filled(5)
  await directory.close()
  for (const [change, message] of [
    [(mark: string) => rmSync(mark), /"HWM.hot" is gone; nothing was changed/],
    [(mark: string) => writeFileSync(mark, ''), /"HWM.hot" is damaged/],
  ] as const) {
    const path = killed(directory)
    change(join(path, 'HWM.hot'))
    await t.rejects(openDirectory(path, options), { code: 'STORE_REFUSED', message })
    t.ok(existsSync(join(path, 'hot', 'CURRENT')))
  }
})

t.test('a missing, damaged or newer sentinel is refused', async (t) => {
  const directory = await filled(1)
  await directory.close()
  for (const [text, message] of [
    [undefined, /there is no store in it/],
    ['{"storeId": "x"', /its STORE.json is damaged/],
    ['{"storeId": "x", "format": 1}', /its STORE.json is damaged/],
    [
      '{"storeId":"x","clusterId":"c","node":"n","format":2}',
      /its format is 2, this build reads up to 1/,
    ],
    [
      '{"storeId":"x","clusterId":"c","node":"n","format":1,"backupMs":1}',
      /it is a backup, of 1970/,
    ],
  ] as const) {
    const path = killed(directory)
    if (text === undefined) rmSync(join(path, 'STORE.json'))
    else writeFileSync(join(path, 'STORE.json'), text)
    await t.rejects(openDirectory(path, options), { code: 'STORE_REFUSED', message })
  }
})

t.test('F19: a directory that others may read is refused', async (t) => {
  const directory = await filled(1)
  await directory.close()
  for (const mode of [0o777, 0o750, 0o701]) {
    chmodSync(directory.path, mode)
    await t.rejects(openDirectory(directory.path, options), {
      code: 'STORE_REFUSED',
      message: `Cannot open "${directory.path}": others may read it; run chmod 700 "${directory.path}"`,
    })
  }
  chmodSync(directory.path, 0o700)
  await t.rejects(openDirectory(nowhere(), options), { message: /it does not exist/ })
  await t.rejects(openDirectory(join(directory.path, 'STORE.json'), options), {
    message: /not a dir/,
  })
})

t.test('F19: a second process is told who has the directory, and changes nothing', async (t) => {
  const directory = await filled(3)
  await directory.close()
  const script = new URL('open-and-wait.ts', import.meta.url)
  const child = spawn(process.execPath, [script.pathname, directory.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await t.rejects(openDirectory(directory.path, options), {
    code: 'STORE_LOCKED',
    details: { pid: child.pid },
    message: `Cannot open "${directory.path}": process ${child.pid} has it open`,
  })
  child.kill('SIGKILL')
  await once(child, 'close')
  const again = await openDirectory(directory.path, options) // A dead process holds nothing.
  t.equal(read(again.hot, 'k00002')?.length, 200)
  await again.close()
})
