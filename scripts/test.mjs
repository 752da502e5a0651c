#!/usr/bin/env node
// `npm test`: types, lint, format, then every test; ends with `N passed, N failed`.
// `npm test -- PATH…` runs only the tests below these paths.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { environment, fail, installed, nodePath, root, run } from './node24.mjs'

const CHROMIUM = '/usr/bin/chromium'

const args = process.argv.slice(2)
const coverage = args.includes('--coverage')
const paths = args.filter((arg) => !arg.startsWith('--'))

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

/** The browser that the console is tested in: a Debian package where there is Debian. */
function browser() {
  if (existsSync(CHROMIUM) || process.platform !== 'linux') return
  const root = process.getuid?.() === 0
  if (!root || !existsSync('/usr/bin/apt-get')) {
    console.error(
      `architect: no ${CHROMIUM}: install the package chromium, or the browser tests fail`,
    )
    return
  }
  console.error('architect: installing chromium for the browser tests')
  run('apt-get', ['update', '-qq'], { stdio: ['ignore', 2, 2] })
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    stdio: ['ignore', 2, 2],
  })
}

/** Runs tap and counts from its closing line. */
function tap() {
  const options = coverage ? ['--show-full-coverage'] : ['--disable-coverage']
  const tapArgs = ['run', '-Rtap', '--output-file=.tap/last.tap', ...options, ...paths]
  const bin = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
  const env = { ...environment(), NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
  const child = spawn(nodePath(), [bin, ...tapArgs], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
      process.stdout.write(text)
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...counted(output) }))
  })
}

/** The whole run's `# { total: 3, pass: 2, fail: 1 }` stands at the end, not indented. */
function counted(output) {
  const line = output.split('\n').findLast((each) => each.startsWith('# { total:')) ?? ''
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
  if (paths.length === 0) browser()
  const startedMs = Date.now()
  const { code, passed, failed } = await tap()
  console.log(`# tests: ${((Date.now() - startedMs) / 1000).toFixed(1)} s`)
  const lost = code !== 0 && failed === 0 ? 1 : 0
  console.log(`${passed} passed, ${failed + wrong + lost} failed`)
  process.exit(code === 0 && wrong === 0 && passed > 0 ? 0 : 1)
} catch (error) {
  fail(error)
}
