import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type * as Uws from 'uWebSockets.js'
import { contentHash } from '../../../runtime/storage/checksum.ts'
import { PINNED } from './pinned.ts'
import { redirected } from './redirect.ts'

/**
 * Loads uWebSockets.js: from its package where the C library is new enough, else from a copy of that
 * binary with three symbols redirected. The package itself is never written to; the copy lies in a
 * folder that only its owner can write, and is what it should be or is not loaded.
 */
export type UwsModule = typeof Uws & {
  // What the package has and its types do not.
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
  /** `silent`: without the header that names the server and its version. */
  _cfg(key: 'silent'): void
}

const PACKAGE = 'uWebSockets.js'
const TOO_OLD = /GLIBC_2\.38' not found/

/**
 * Bytes of all headers of a request: read by the library once, when it is loaded. Its own default of
 * 4 KiB is too little on `localhost`, where a browser sends the cookies of every port.
 */
const HEADER_BYTES_MAX = 16 * 1024
const HEADER_VARIABLE = 'UWS_HTTP_MAX_HEADERS_SIZE'

let loaded: UwsModule | undefined // Once a process: it is native code.

/**
 * Throws when this machine cannot have it.
 *
 * @param cache folder for the copy; made if it is not there.
 */
export function loadUws(cache: string): UwsModule {
  if (loaded) return loaded
  const before = process.env[HEADER_VARIABLE]
  process.env[HEADER_VARIABLE] = String(HEADER_BYTES_MAX)
  try {
    loaded = loadFrom(cache)
  } finally {
    if (before === undefined) delete process.env[HEADER_VARIABLE]
    else process.env[HEADER_VARIABLE] = before
  }
  loaded._cfg('silent')
  return loaded
}

function loadFrom(cache: string): UwsModule {
  const require = createRequire(import.meta.url)
  try {
    return require(PACKAGE) as UwsModule
  } catch (failure) {
    if (!TOO_OLD.test(String(failure))) throw failure
  }
  const { platform, arch, versions } = process
  const name = `uws_${platform}_${arch}_${versions.modules}.node`
  const module = { exports: {} }
  process.dlopen(module, redirectedCopy(join(dirname(require.resolve(PACKAGE)), name), cache))
  return module.exports as UwsModule
}

/** The path of a copy of `original` for an older C library, made if it is not there yet. */
export function redirectedCopy(original: string, cache: string): string {
  const bytes = readFileSync(original)
  const expected = PINNED.get(contentHash(bytes))
  if (expected === undefined) throw new Error(`"${original}" is no binary that is known`)
  ownFolder(cache)
  const copy = join(cache, `uws-${expected.slice(0, 16)}.node`)
  if (digestOf(copy) === expected) return copy
  const made = `${copy}.${process.pid}`
  const edited = redirected(bytes)
  if (contentHash(edited) !== expected)
    throw new Error(`the copy of "${original}" is not as expected`)
  rmSync(made, { force: true })
  writeFileSync(made, edited, { mode: 0o700, flag: 'wx' })
  renameSync(made, copy)
  return copy
}

/** A folder that others can write could hold another's code by the time it is loaded. */
function ownFolder(path: string): void {
  if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(path, 0o700)
  const stat = lstatSync(path)
  const ours = stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0
  if (!ours) throw new Error(`"${path}" is no folder of ours alone`)
}

function digestOf(path: string): string | undefined {
  try {
    return contentHash(readFileSync(path))
  } catch {
    return undefined // Not there, or not ours to read: it is made again.
  }
}
