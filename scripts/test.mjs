#!/usr/bin/env node
// `npm test`: types, lint, format, then every test; ends with `N passed, N failed`.
// `npm test -- PATH…` runs only the tests below these paths.
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { environment, fail, installed, nodePath, root, run } from './node24.mjs'

const args = process.argv.slice(2)
const coverage = args.includes('--coverage')
const paths = args.filter((arg) => !arg.startsWith('--'))

/** What stands beside the tests of a folder, to help them, is no test. */
function testsIn(path) {
  if (!existsSync(path)) throw new Error(`Cannot run "${path}": there is no such file`)
  if (!statSync(path).isDirectory()) return [path]
  const found = readdirSync(path, { recursive: true }).filter((name) => name.endsWith('.test.ts'))
  return found.map((name) => join(path, name))
}

/** Each is a name and a function that is true when all is well. */
const CHECKS = [
  ['types', () => runs('tsc', '--project', '.')],
  [
    'types of the page',
    () => runs('tsc', '--project', 'console/page'),
    'console/page/tsconfig.json',
  ],
  ['lint', () => runs('eslint', '--max-warnings', '0', '.')],
  ['format', () => runs('biome', 'format', '.')],
]

function runs(tool, ...toolArgs) {
  return run(join(root, 'node_modules', '.bin', tool), toolArgs) === 0
}

function timed(name, check) {
  const startedMs = Date.now()
  const well = check()
  console.log(
    `# ${name}: ${well ? 'ok' : 'FAILED'} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`,
  )
  return well
}

/** What some tests need of the system: a program, and the Debian packages that have it. */
const TOOLS = [
  ['/usr/bin/chromium', ['chromium'], 'the browser tests'],
  ['/usr/bin/cc', ['gcc', 'libc6-dev'], 'the tests with a failing disk'],
]

/** Installs what is missing where there is Debian and we may; else says what will fail. */
function tools() {
  const missing = TOOLS.filter(([file]) => !existsSync(file))
  if (missing.length === 0 || process.platform !== 'linux') return
  const root = process.getuid?.() === 0
  if (!root || !existsSync('/usr/bin/apt-get')) {
    for (const [file, packages, tests] of missing)
      console.error(`architect: no ${file}: install ${packages.join(' and ')}, or ${tests} fail`)
    return
  }
  const packages = missing.flatMap(([, names]) => names)
  console.error(`architect: installing ${packages.join(', ')} for the tests`)
  const quiet = { stdio: ['ignore', 2, 2] }
  run('apt-get', ['update', '-qq'], quiet)
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet)
}

/** Runs tap and counts from its closing line. The whole of it is kept in `.tap/last.tap`. */
function tap() {
  const options = coverage ? ['--show-full-coverage'] : ['--disable-coverage']
  const bin = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
  const env = { ...environment(), NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
  const child = spawn(nodePath(), [bin, 'run', '-Rtap', ...options, ...paths.flatMap(testsIn)], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  mkdirSync(join(root, '.tap'), { recursive: true })
  const kept = createWriteStream(join(root, '.tap', 'last.tap'))
  return new Promise((resolve, reject) => {
    let closing = ''
    let file = []
    createInterface({ input: child.stdout }).on('line', (line) => {
      kept.write(`${line}\n`)
      if (line.startsWith('# { total:')) closing = line
      file.push(line)
      if (!/^(not )?ok /.test(line)) return
      show(line, file)
      file = []
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...counted(closing) }))
  })
}

/** A file that passed is a line; of one that failed all that did not pass is shown. */
function show(result, lines) {
  const time = /# time=([\d.]+)ms/.exec(result)?.[1] ?? '0'
  const name = /- (.*?)( # .*)?$/.exec(result)?.[1] ?? result
  const verdict = result.startsWith('ok') ? 'ok    ' : 'FAILED'
  if (!result.startsWith('ok'))
    for (const line of lines.slice(0, -1))
      if (!/^\s*(ok \d|1\.\.\d|# Subtest|$)/.test(line)) console.log(line)
  console.log(`${verdict} ${name} (${(Number(time) / 1000).toFixed(1)} s)`)
}

/** From `# { total: 3, pass: 2, fail: 1 }`. */
function counted(line) {
  const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(line)?.[1] ?? 0)
  return { passed: count('pass'), failed: count('fail') }
}

try {
  installed()
  const page = join(root, 'scripts', 'page.mjs')
  if (existsSync(page)) run(nodePath(), [page, '--if-stale'], { stdio: ['ignore', 2, 2] })
  const checks =
    paths.length > 0 ? [] : CHECKS.filter(([, , file]) => !file || existsSync(join(root, file)))
  const wrong = checks.filter(([name, check]) => !timed(name, check)).length
  if (paths.length === 0) tools()
  const startedMs = Date.now()
  const { code, passed, failed } = await tap()
  console.log(`# tests: ${((Date.now() - startedMs) / 1000).toFixed(1)} s`)
  const lost = code !== 0 && failed === 0 ? 1 : 0
  console.log(`${passed} passed, ${failed + wrong + lost} failed`)
  process.exit(code === 0 && wrong === 0 && passed > 0 ? 0 : 1)
} catch (error) {
  fail(error)
}
