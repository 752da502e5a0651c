import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

/** A clone with one dependency, which npm gets from a server of ours when the test lets it. */
async function cloneOf({ teardown }: Pick<typeof t, 'teardown'>) {
  const clone = await mkdtemp(join(tmpdir(), 'architect-clone-'))
  teardown(() => rm(clone, { recursive: true, force: true, maxRetries: 10 }))
  const bytes = await packed(clone)
  let held: ServerResponse | undefined
  const answer = (response: ServerResponse): void => {
    if (held) response.end(bytes)
    else held = response
  }
  const server = createServer((_request, response) => answer(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const resolved = `http://127.0.0.1:${port}/dep.tgz`
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
  const project = { name: 'clone', version: '1.0.0', dependencies: { dep: resolved } }
  const packages = { '': project, 'node_modules/dep': { version: '1.0.0', resolved, integrity } }
  const lock = { ...project, lockfileVersion: 3, requires: true, packages }
  await writeFile(join(clone, 'package.json'), JSON.stringify(project))
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify(lock))
  await mkdir(join(clone, 'scripts'))
  await cp('scripts/node24.mjs', join(clone, 'scripts', 'node24.mjs'))
  return {
    clone,
    /** In a process group of its own, as a shell starts it. It is closed when its npm has ended, too. */
    launch(what = 'installed()'): ChildProcess {
      const script = `import * as launcher from '${clone}/scripts/node24.mjs'; launcher.${what}`
      // With what tap adds to the options of Node, a signal would be heard, and not obeyed.
      const argv = ['-u', 'NODE_OPTIONS', process.execPath, '--input-type=module', '-e', script]
      const child = spawn('env', argv, {
        env: { ...process.env, npm_config_cache: join(clone, 'cache') },
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      })
      child.stderr.resume()
      return child
    },
    /** npm has asked for the dependency, and has no answer. */
    asked: () => once(server, 'request'),
    /** Later questions are answered at once. */
    answerFirst: () => void held?.end(bytes),
  }
}

async function packed(clone: string): Promise<Buffer> {
  const folder = join(clone, 'dep')
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'dep', version: '1.0.0' }))
  execFileSync('npm', ['pack', '--silent', '--pack-destination', clone], { cwd: folder })
  return readFile(join(clone, 'dep-1.0.0.tgz'))
}

t.test('an installation that was interrupted is not in the way of the next', async (t) => {
  const { clone, launch, asked, answerFirst } = await cloneOf(t)
  const first = launch()
  await asked()
  process.kill(-(first.pid ?? 0), 'SIGINT')
  await once(first, 'exit')

  t.same(await once(launch(), 'exit'), [0, null])
  t.same(await readdir(join(clone, 'node_modules')), ['.package-lock.json', 'dep'])

  answerFirst() // Its npm goes on, and takes back what it did.
  await once(first, 'close')
  t.same(await readdir(join(clone, 'node_modules')), ['.package-lock.json', 'dep'])

  t.same(await once(launch(), 'exit'), [0, null])
  t.same(await readdir(join(clone, '.node')), [], 'nothing is left of the first')
})

t.test('a program of a fresh clone installs what it needs', async (t) => {
  const { clone, launch, asked, answerFirst } = await cloneOf(t)
  await mkdir(join(clone, 'node'))
  const program = `import dep from 'dep/package.json' with { type: 'json' }
process.exit(dep.name === 'dep' ? 7 : 1)`
  await writeFile(join(clone, 'node', 'program.ts'), program)
  const launched = launch(`becomeProgram('node/program.ts', [])`)
  await asked()
  answerFirst()
  t.same(await once(launched, 'exit'), [7, null])
})
