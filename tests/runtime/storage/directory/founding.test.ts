import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { openDirectory } from '../../../../runtime/storage/directory/directory.ts'
import { initDirectory } from '../../../../runtime/storage/directory/founding.ts'
import { killed, nowhere, options, put, read, WHO } from './directory-of.ts'

const first = [put('first', 'batch')]

/** What the steps of a founding leave when the program dies after each of them. */
const LEFT = ['FOUNDING', 'HWM.hot', 'hot', 'HWM.cold', 'cold'] as const

t.test('initDirectory() starts over whatever step the one before it died at', async (t) => {
  const whole = nowhere()
  await initDirectory(whole, WHO, first, options)
  for (let steps = 1; steps <= LEFT.length; steps++) {
    const path = killed({ path: whole })
    rmSync(join(path, 'STORE.json'))
    writeFileSync(join(path, 'FOUNDING'), '999999999\n')
    for (const name of LEFT.slice(steps)) rmSync(join(path, name), { recursive: true })
    await t.rejects(openDirectory(path, options), { code: 'STORE_REFUSED' })
    await initDirectory(path, { ...WHO, storeId: '02STORE' }, first, options)
    const opened = await openDirectory(path, options)
    t.equal(opened.sentinel.storeId, '02STORE', `after ${LEFT[steps - 1]}`)
    t.equal(read(opened.hot, 'first'), 'batch')
    await opened.close()
    t.notOk(existsSync(join(path, 'FOUNDING')))
  }
})

t.test('a founding that died after its sentinel is a store', async (t) => {
  const path = nowhere()
  await initDirectory(path, WHO, first, options)
  writeFileSync(join(path, 'FOUNDING'), '999999999\n')
  await (await openDirectory(path, options)).close()
  t.notOk(existsSync(join(path, 'FOUNDING')), 'a lost sentinel is not taken for a founding later')
})

t.test(
  'initDirectory() never touches a store, nor databases that lost their sentinel',
  async (t) => {
    const path = nowhere()
    await initDirectory(path, WHO, first, options)
    await t.rejects(initDirectory(path, WHO, first, options), { message: /there is one/ })
    rmSync(join(path, 'STORE.json'))
    await t.rejects(initDirectory(path, WHO, first, options), {
      code: 'STORE_REFUSED',
      message: /its database "hot" is there, but STORE.json is gone; nothing was changed/,
    })
    t.ok(existsSync(join(path, 'hot', 'CURRENT')))
  },
)

t.test('two processes that make a store at once: one does, the other is told', async (t) => {
  const path = nowhere()
  mkdirSync(path, { mode: 0o700 })
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'])
  await once(child, 'spawn')
  writeFileSync(join(path, 'FOUNDING'), `${child.pid}\n`)
  await t.rejects(initDirectory(path, WHO, first, options), {
    code: 'STORE_LOCKED',
    details: { pid: child.pid },
  })
  child.kill('SIGKILL')
  await once(child, 'close')
  await initDirectory(path, WHO, first, options)
  await (await openDirectory(path, options)).close()
})

t.test(
  'an empty directory is made private; one that holds something is not ours to change',
  async (t) => {
    const path = nowhere()
    mkdirSync(path)
    chmodSync(path, 0o755)
    await initDirectory(path, WHO, first, options)
    t.equal(statSync(path).mode & 0o777, 0o700)
    const other = nowhere()
    mkdirSync(other)
    chmodSync(other, 0o755)
    writeFileSync(join(other, 'notes.txt'), 'mine')
    await t.rejects(initDirectory(other, WHO, first, options), { message: /others may read it/ })
  },
)
