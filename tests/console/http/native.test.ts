import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createHash } from 'node:crypto'
import t from 'tap'
import { redirectedCopy } from '../../../console/http/native/load.ts'
import { PINNED } from '../../../console/http/native/pinned.ts'
import { redirected } from '../../../console/http/native/redirect.ts'

const library = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'))
const builds = readdirSync(library).filter((name) => /^uws_linux_.*\.node$/.test(name))

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function folderOf(t: { teardown(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'architect-native-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

t.test('every build for Linux is pinned, and its copy is what is expected', async (t) => {
  t.equal(builds.length, 8)
  t.equal(PINNED.size, 8)
  for (const name of builds) {
    const original = readFileSync(join(library, name))
    const before = sha256(original)
    t.equal(sha256(redirected(original)), PINNED.get(before), name)
    t.equal(sha256(original), before, 'the bytes that were given are left as they were')
  }
})

t.test('redirected() changes three names and one version, and nothing else', async (t) => {
  const original = readFileSync(join(library, 'uws_linux_x64_137.node'))
  const copy = redirected(original)
  let changed = 0
  for (let at = 0; at < copy.length; at++) if (copy[at] !== original[at]) changed += 1
  t.equal(copy.length, original.length)
  t.equal(changed, 8)
  t.equal(sha256(redirected(copy)), sha256(copy), 'what needs nothing new is left as it is')
})

t.test('redirected() refuses what is no library for it', async (t) => {
  t.throws(() => redirected(new Uint8Array(1_024)), /no 64-bit ELF library/)
  const original = new Uint8Array(readFileSync(join(library, 'uws_linux_x64_137.node')))
  const text = Buffer.from('__isoc23_strtol\0')
  const at = Buffer.from(original.buffer).indexOf(text)
  original.set(Buffer.from('__isoc23_strtxx\0'), at)
  t.throws(() => redirected(original), /the library needs __isoc23_strtxx of GLIBC_2\.38/)
})

t.test('the copy is made once, outside the package, for its owner only', async (t) => {
  const cache = join(folderOf(t), 'cache')
  const original = join(library, 'uws_linux_x64_137.node')
  const before = readdirSync(library)
  const copy = redirectedCopy(original, cache)
  t.equal(dirname(copy), cache)
  t.equal(statSync(cache).mode & 0o777, 0o700)
  t.equal(statSync(copy).mode & 0o077, 0)
  t.same(readdirSync(library), before)
  const madeMs = statSync(copy).mtimeMs
  t.equal(redirectedCopy(original, cache), copy)
  t.equal(statSync(copy).mtimeMs, madeMs, 'it is used again')
  writeFileSync(copy, 'something else')
  redirectedCopy(original, cache)
  t.equal(sha256(readFileSync(copy)), PINNED.get(sha256(readFileSync(original))), 'or made again')
  t.same(readdirSync(cache).length, 1)
})

t.test('a folder that others can write, and a binary that is not known, are refused', async (t) => {
  const folder = folderOf(t)
  const original = join(library, 'uws_linux_x64_137.node')
  chmodSync(folder, 0o777)
  t.throws(() => redirectedCopy(original, folder), /is no folder of ours alone/)
  const other = join(folder, 'other.node')
  writeFileSync(other, 'not a library')
  t.throws(() => redirectedCopy(other, join(folder, 'cache')), /is no binary that is known/)
})
