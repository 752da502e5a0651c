#!/usr/bin/env node
// `node scripts/page.mjs`: builds the console's page into console/page/built/.
// `--if-stale`: only if a source is another than the one that was built. `--sizes`: prints, as JSON,
// how many bytes a first load fetches, compressed; that is what the budgets are about.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { become, fail, nodePath, root } from './node24.mjs'

const PAGE = join(root, 'console', 'page')
const BUILT = join(PAGE, 'built')
/** What was built, out of what: the hash of each source by its path, and the sizes. */
const RECORD_NAME = 'record' // Without an ending that a browser could ask for.
const RECORD = join(BUILT, RECORD_NAME)
/** Beside what the page imports: these decide what comes out, too. */
const ALSO = ['package-lock.json', 'scripts/page.mjs', 'console/page/index.html']

function hashOf(path) {
  const file = join(root, path)
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'none'
}

function record() {
  return existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')) : undefined
}

function stale() {
  const built = record()
  if (!built) return true
  return Object.entries(built.sources).some(([path, hash]) => hashOf(path) !== hash)
}

/** Builds beside the old build and then takes its place, so that nobody meets half of one. */
async function build() {
  const startedMs = Date.now()
  const part = mkdtempSync(`${BUILT}.part-`)
  chmodSync(part, 0o755)
  try {
    const { output } = await bundle(part)
    const sources = Object.fromEntries(
      [...sourcesOf(output), ...ALSO].map((path) => [path, hashOf(path)]),
    )
    const sizes = sizesOf(part, output)
    compress(join(part, 'assets'))
    writeFileSync(join(part, RECORD_NAME), JSON.stringify({ sources, sizes }))
    replace(part)
    const took = ((Date.now() - startedMs) / 1000).toFixed(1)
    const { scriptBytes, styleBytes } = sizes
    console.error(
      `architect: built the page in ${took} s (${kilobytes(scriptBytes)} script, ${kilobytes(styleBytes)} style)`,
    )
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

async function bundle(outDir) {
  const { build: viteBuild } = await import('vite')
  return viteBuild({
    configFile: false,
    root: PAGE,
    logLevel: 'warn',
    html: { cspNonce: '__NONCE__' },
    plugins: [{ name: 'first-paint', transformIndexHtml: { order: 'post', handler: afterScript } }],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      modulePreload: false, // The policy has no place for its script.
      cssCodeSplit: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
    },
  })
}

/** Nothing is painted before the script has chosen the theme: a dark page does not flash white. */
function afterScript(html) {
  return html.replace('<script type="module"', '<script type="module" blocking="render"')
}

/** The files of this repository that went into the build. */
function sourcesOf(output) {
  const ids = output.flatMap((chunk) => chunk.moduleIds ?? [])
  const paths = ids.filter((id) => id.startsWith(root) && !id.includes('node_modules'))
  return new Set(paths.map((id) => relative(root, id.replace(/\?.*$/, ''))))
}

/** What is loaded before anything is shown, and what only with the first terminal. */
function sizesOf(directory, output) {
  const chunks = new Map(output.map((file) => [file.fileName, file]))
  const first = new Set()
  const visit = (name) => {
    if (first.has(name)) return
    first.add(name)
    for (const each of chunks.get(name)?.imports ?? []) visit(each)
  }
  for (const { isEntry, fileName } of output) if (isEntry) visit(fileName)
  const bytes = (names) =>
    names.reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(directory, name)), { level: 9 }).length,
      0,
    )
  const names = [...chunks.keys()]
  return {
    scriptBytes: bytes([...first]),
    styleBytes: bytes(names.filter((name) => name.endsWith('.css'))),
    terminalBytes: bytes(names.filter((name) => name.endsWith('.js') && !first.has(name))),
  }
}

function compress(directory) {
  for (const name of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, name))
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
    writeFileSync(join(directory, `${name}.br`), brotliCompressSync(bytes, { params }))
    writeFileSync(join(directory, `${name}.gz`), gzipSync(bytes, { level: 9 }))
  }
}

/** Two builders at once are both right: the last one stays. */
function replace(part) {
  const old = `${BUILT}.old-${process.pid}`
  if (existsSync(BUILT)) renameSync(BUILT, old)
  try {
    renameSync(part, BUILT)
  } finally {
    rmSync(old, { recursive: true, force: true })
  }
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`
}

try {
  const args = process.argv.slice(2)
  if (nodePath() !== process.execPath) become(import.meta.filename, args)
  else {
    if (!args.includes('--if-stale') || stale()) await build()
    if (args.includes('--sizes')) console.log(JSON.stringify(record().sizes))
  }
} catch (error) {
  fail(error)
}
