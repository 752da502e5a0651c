/**
 * The programs that we are measured beside. None is a dependency: each is fetched when it is first
 * asked for, from Debian or npm, into a cache outside of the repository, and changes nothing of the
 * machine. What cannot be fetched rejects with one line that says why.
 */
import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'architect-bench')
/** A fetch that takes longer is a network that is not there. Unit: ms. */
const FETCH_MS = 120_000

/** How a program is started. */
export interface Program {
  readonly file: string
  readonly env: NodeJS.ProcessEnv
}

export interface Peers {
  /** `erl` of `erlang-base`. */
  erlang(): Promise<Program>
  /** `redis-server`. */
  redis(): Promise<Program>
  /** A file in a folder where the packages, such as `nact@7.6.2`, can be imported from. */
  npm(specs: readonly string[]): Promise<string>
}

export const peers: Peers = { erlang, redis, npm }

async function erlang(): Promise<Program> {
  const root = await debian('erlang-base')
  const [file = ''] = globSync(join(root, 'usr/lib/erlang/erts-*/bin/erlexec'))
  const env = { ROOTDIR: join(root, 'usr/lib/erlang'), BINDIR: dirname(file), EMU: 'beam' }
  return { file, env: { ...process.env, ...env, PROGNAME: 'erl' } }
}

async function redis(): Promise<Program> {
  const root = await debian('redis-server')
  const libraries = globSync([join(root, 'usr/lib/*-linux-gnu'), join(root, 'lib/*-linux-gnu')])
  const env = { ...process.env, LD_LIBRARY_PATH: libraries.join(':') }
  return { file: join(root, 'usr/bin/redis-server'), env }
}

/** The package and what the machine lacks of what it needs, unpacked. */
function debian(name: string): Promise<string> {
  return cached(name, async (part) => {
    const apt = ['-o', `Dir::State::Lists=${part}/lists`, '-o', `Dir::Cache=${part}/cache`]
    apt.push('-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=', '-qq')
    for (const folder of ['lists', 'cache/archives', 'root']) {
      await mkdir(join(part, folder, 'partial'), { recursive: true })
    }
    await run('apt-get', [...apt, 'update'])
    const install = ['--download-only', '--reinstall', '--no-install-recommends', '-y', 'install']
    await run('apt-get', [...apt, ...install, name])
    const root = join(part, 'root')
    for (const file of await readdir(join(part, 'cache', 'archives'))) {
      if (!file.endsWith('.deb')) continue
      await run('dpkg', ['-x', join(part, 'cache', 'archives', file), root])
    }
    for (const folder of ['lists', 'cache']) await rm(join(part, folder), { recursive: true })
  }).then((folder) => join(folder, 'root'))
}

async function npm(specs: readonly string[]): Promise<string> {
  const folder = await cached(specs.join('+'), async (part) => {
    await writeFile(join(part, 'package.json'), '{ "private": true, "type": "module" }\n')
    const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error']
    await run('npm', ['install', '--prefix', part, ...quiet, ...specs])
  })
  return join(folder, 'any.js')
}

/** The folder of that name in the cache; filled beside it first, so that it is whole or not there. */
async function cached(name: string, fill: (part: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name)
  if (existsSync(folder)) return folder
  await mkdir(dirname(folder), { recursive: true })
  const part = await mkdtemp(`${folder}.part-`)
  try {
    await fill(part)
    await rename(part, folder)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    if (!existsSync(folder)) throw error // Else another run was faster.
  }
  return folder
}

async function run(file: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(file, args, { timeout: FETCH_MS })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    const why = stderr.trim().split('\n').at(-1) || message.split('\n')[0]
    throw new Error(`Cannot run "${file} ${args.at(-1)}": ${why}`, { cause: error })
  }
}
