// Finds a Node that runs TypeScript as it is (22.18 and newer). An older one fetches a pinned Node
// from npm into .node/, once, and everything goes on under that. Plain JavaScript, no dependency.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PINNED = '24.21.0'
const OLDEST = [22, 18]
const THREADS = '16' // LevelDB, files and hashing share libuv's pool; its default of 4 is too few.

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

function fits(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

/** The path of a Node that fits; fetches it if need be, saying so on standard error. */
export function nodePath() {
  if (fits(process.versions.node)) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  const home = join(root, '.node', PINNED)
  const node = join(home, 'node_modules', name, 'bin', 'node')
  if (existsSync(node)) return node
  console.error(
    `architect: Node ${process.versions.node} is too old; fetching Node ${PINNED} from npm, once`,
  )
  fetchInto(home, `${name}@${PINNED}`)
  if (existsSync(node)) return node
  throw new Error(`Cannot find Node ${PINNED} in the npm package "${name}"`)
}

/** Two launchers at once both fetch; the first to finish stays. */
function fetchInto(home, spec) {
  mkdirSync(dirname(home), { recursive: true })
  const part = mkdtempSync(`${home}.part-`)
  const install = [
    'install',
    '--prefix',
    part,
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    spec,
  ]
  const { status } = spawnSync('npm', install, { stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    rmSync(part, { recursive: true, force: true })
    throw new Error(
      `Cannot fetch "${spec}" from npm: install Node ${OLDEST.join('.')} or newer by hand, then try again`,
    )
  }
  try {
    renameSync(part, home)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    if (!existsSync(home)) throw error
  }
}

/** The environment for programs of this repository: the fitting Node comes first. */
export function environment(node = nodePath()) {
  const path = `${dirname(node)}:${process.env.PATH ?? ''}`
  return { UV_THREADPOOL_SIZE: THREADS, ...process.env, PATH: path }
}

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
  const mark = join(root, 'node_modules', '.package-lock.json')
  const lock = join(root, 'package-lock.json')
  if (!existsSync(lock)) return // The npm package: npm has installed it.
  if (existsSync(mark) && newer(mark, lock)) return
  console.error('architect: installing dependencies (npm ci)')
  const code = run('npm', ['ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] })
  if (code !== 0) throw new Error('Cannot install the dependencies: npm ci failed; see above')
}

/** True when the file `path` was changed after all of `others`. */
export function newer(path, ...others) {
  const changedMs = statSync(path).mtimeMs
  return others.every((other) => statSync(other).mtimeMs <= changedMs)
}

/** Becomes `file` under a fitting Node: arguments, signals and exit code are passed on. */
export function become(file, args) {
  const node = nodePath()
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: 'inherit',
    env: environment(node),
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
  become(existsSync(file) ? file : join(root, 'dist', source.replace(/\.ts$/, '.js')), args)
}

export function fail(error) {
  console.error(`architect: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
