import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm pack` makes, laid out as npm installs it. */
async function installed(into: string): Promise<string> {
  const packing = await run('npm', ['pack', '--json', '--pack-destination', into], { cwd: ROOT })
  const [packed] = JSON.parse(packing.stdout) as readonly { readonly filename: string }[]
  await run('tar', ['xf', join(into, packed?.filename ?? ''), '-C', into])
  await symlink(join(ROOT, 'node_modules'), join(into, 'package', 'node_modules'))
  return join(into, 'package', 'bin')
}

t.test('the package that npm installs runs a node and its command line', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'architect-package-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const bin = await installed(home)
  const data = join(home, 'data')
  const doors = ['--console', '--admin'].flatMap((flag) => [flag, '127.0.0.1:0'])
  const argv = [join(bin, 'architect.mjs'), '--data', data, '--log', 'json', ...doors]
  const node = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => node.on('close', resolve))
  const [ready] = await Promise.race([
    new Promise<Buffer[]>((resolve) => node.stdout.once('data', (line: Buffer) => resolve([line]))),
    ended.then(() => []),
  ])
  t.match(JSON.parse(String(ready)), { event: 'ready' })

  const gaia = [
    join(bin, 'gaia.mjs'),
    '--data',
    data,
    'run',
    '--',
    'sh',
    '-c',
    'echo packed; exit 3',
  ]
  const failed = await run(process.execPath, gaia).catch((error: unknown) => error)
  t.match(failed, { code: 3, stdout: /packed/ })

  node.kill('SIGTERM')
  t.equal(await ended, 0)
})
