// Finds a Node that runs TypeScript as it is (22.18 and newer). An older one fetches a pinned Node
// from npm into .node/, once, and everything goes on under that. Plain JavaScript, no dependency.
import { spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PINNED = '24.21.0'
const OLDEST = [22, 18]
// A small young generation: 20 MB less, and pauses of 1 to 2 ms instead of 10, for 5 % more work.
const FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4']
const THREADS = '16' // LevelDB, files and hashing share libuv's pool; its default of 4 is too few.

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PARTS = join(root, '.node')

function fits(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

/** The path of a Node that fits; fetches it if need be, saying so on standard error. */
export function nodePath() {
  if (fits(process.versions.node)) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  const home = join(PARTS, PINNED)
  const node = join(home, 'node_modules', name, 'bin', 'node')
  if (existsSync(node)) return node
  console.error(
    `architect: Node ${process.versions.node} is too old; fetching Node ${PINNED} from npm, once`,
  )
  fetchInto(home, `${name}@${PINNED}`)
  if (existsSync(node)) return node
  throw new Error(`Cannot find Node ${PINNED} in the npm package "${name}"`)
}

function fetchInto(home, spec) {
  inPart((part) => {
    const args = [
      '--prefix',
      part,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      spec,
    ]
    const { status } = spawnSync('npm', ['install', ...args], { stdio: ['ignore', 2, 2] })
    if (status !== 0) {
      throw new Error(
        `Cannot fetch "${spec}" from npm: install Node ${OLDEST.join('.')} or newer by hand, then try again`,
      )
    }
    if (!existsSync(home)) renameSync(part, home)
  })
}

/**
 * What npm installs is made beside and takes its place when it is whole. So two launchers at once are
 * both right, and after a Ctrl-C the next one does not meet an npm that still takes back what it did.
 */
function inPart(fill) {
  mkdirSync(PARTS, { recursive: true })
  const part = mkdtempSync(join(PARTS, `part-${process.pid}-`))
  try {
    fill(part)
  } finally {
    discard(part)
  }
}

/** Removes what launchers that were interrupted have left. */
function sweep() {
  if (!existsSync(PARTS)) return
  for (const name of readdirSync(PARTS)) {
    const [, pid] = /^part-(\d+)-/.exec(name) ?? []
    if (pid && !lives(Number(pid))) discard(join(PARTS, name))
  }
}

function lives(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** What an npm still writes to is left to the next launcher. */
function discard(part) {
  try {
    rmSync(part, { recursive: true, force: true })
  } catch (error) {
    if (error.code !== 'ENOTEMPTY') throw error
  }
}

/** The environment for programs of this repository: the fitting Node comes first. */
export function environment(node = nodePath()) {
  const path = `${dirname(node)}:${process.env.PATH ?? ''}`
  return { UV_THREADPOOL_SIZE: THREADS, ...process.env, PATH: path }
}

/**
 * Compiled sources are kept here: the second start takes half as long, in four fifths of the memory.
 * Where nobody may write, Node goes without.
 */
const COMPILED = join(root, '.node', 'compiled')

/** Runs a command to its end and returns its exit code. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: environment(),
    ...options,
  })
  if (error) throw error
  return signal ? 1 : (status ?? 1)
}

/** Installs what package-lock.json names, unless that is what is there. */
export function installed() {
  const lock = join(root, 'package-lock.json')
  if (!existsSync(lock)) return // The npm package: npm has installed it.
  const modules = join(root, 'node_modules')
  const whole = () => {
    const mark = join(modules, '.package-lock.json')
    return existsSync(mark) && newer(mark, lock)
  }
  sweep()
  if (whole()) return
  console.error('architect: installing dependencies (npm ci)')
  inPart((part) => {
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      if (existsSync(join(root, name))) copyFileSync(join(root, name), join(part, name))
    const args = ['ci', '--prefix', part, '--no-audit', '--no-fund']
    const code = run('npm', args, { cwd: part, stdio: ['ignore', 2, 2] })
    if (code !== 0) throw new Error('Cannot install the dependencies: npm ci failed; see above')
    if (whole()) return
    if (existsSync(modules)) renameSync(modules, join(part, 'old'))
    renameSync(join(part, 'node_modules'), modules)
  })
}

/** True when the file `path` was changed after all of `others`. */
export function newer(path, ...others) {
  const changedMs = statSync(path).mtimeMs
  return others.every((other) => statSync(other).mtimeMs <= changedMs)
}

/** Becomes `file` under a fitting Node: arguments, signals and exit code are passed on. */
export function become(file, args) {
  const node = nodePath()
  const child = spawn(node, [...FLAGS, file, ...args], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: COMPILED, ...environment(node) },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', fail)
  child.on('exit', (code, signal) => {
    if (!signal) return process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** Becomes a program of this repository; in an installed package, what it was compiled to. */
export function becomeProgram(source, args) {
  const file = join(root, source)
  // What is there may be in use by a node: only `npm start` and the like put something newer there.
  if (!existsSync(join(root, 'node_modules'))) installed()
  become(existsSync(file) ? file : join(root, 'dist', source.replace(/\.ts$/, '.js')), args)
}

export function fail(error) {
  console.error(`architect: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
