import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

const MODULE = new URL('../../node/inherited-files.ts', import.meta.url).href

t.test('closeInheritedFiles() leaves no file that a parent had open, and all else', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'architect-inherited-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  const file = openSync(join(root, 'store.log'), 'w')
  t.teardown(() => closeSync(file))
  const script = `
    import { fstatSync } from 'node:fs'
    import { closeInheritedFiles } from '${MODULE}'
    const is = (each, what) => { try { return fstatSync(each)[what]() } catch { return false } }
    const open = () => [[3, 7].filter((each) => is(each, 'isFile')), is(4, 'isSocket') || is(4, 'isFIFO')]
    const before = open()
    closeInheritedFiles()
    process.stdout.write(JSON.stringify([before, open()]))
    setImmediate(() => process.stdout.write(' and goes on'))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    stdio: ['ignore', 'pipe', 'pipe', file, 'pipe', 'ignore', 'ignore', file],
    encoding: 'utf8',
  })
  t.equal(stdout, '[[[3,7],true],[[],true]] and goes on', stderr)
})
