import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RuntimeError } from '../../errors.ts'
import type { Clock } from '../../scheduling/clock.ts'
import { HighWaterFile } from '../high-water-file.ts'
import { openLevelEngine } from '../level-engine.ts'
import { SafeStore } from '../safe-store.ts'
import type { Op } from '../store.ts'

/*
 * A data directory:
 *
 *   STORE.json    the sentinel: there is a store here, and which one
 *   LOCK          the process that has it open
 *   hot/  cold/   the two databases       HWM.hot  HWM.cold   their high-water marks
 *   blobs/        files named by their content
 */

/** The newest layout this build reads and writes. */
const FORMAT = 1
const DATABASES = ['hot', 'cold'] as const

export interface Sentinel {
  readonly storeId: string
  readonly clusterId: string
  readonly node: string
  readonly format: number
}

export interface Directory {
  readonly path: string
  readonly sentinel: Sentinel
  readonly hot: SafeStore
  readonly cold: SafeStore
  close(): Promise<void>
}

export interface DirectoryOptions {
  readonly clock: Clock
  /** A write failed: nothing is acknowledged any more, and the program should end. */
  failed(error: RuntimeError): void
}

/** True when a store was ever made here, whatever is left of it. */
export function holdsStore(path: string): boolean {
  return existsSync(join(path, 'STORE.json'))
}

/**
 * Makes a store in an empty directory: one synced batch, then the sentinel. A crash in between
 * leaves a directory without a sentinel, which the next call starts over.
 */
export async function initDirectory(
  path: string,
  sentinel: Omit<Sentinel, 'format'>,
  first: readonly Op[],
  options: DirectoryOptions,
): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await checkMode(path)
  if (holdsStore(path))
    throw new RuntimeError('STORE_REFUSED', `Cannot make a store in "${path}": there is one`)
  for (const name of DATABASES) {
    await rm(join(path, name), { recursive: true, force: true })
    await rm(join(path, `HWM.${name}`), { force: true })
    const store = await openDatabase(path, name, options, true)
    if (name === 'hot') await settled((done) => store.write(first, done))
    await settled((done) => store.close(done))
  }
  await writeDurably(
    join(path, 'STORE.json'),
    `${JSON.stringify({ ...sentinel, format: FORMAT })}\n`,
  )
}

/**
 * Opens the store of a directory.
 *
 * Throws `STORE_LOCKED` with the process that has it, `STORE_REFUSED` for a directory that is not
 * to be used, and `STORE_CORRUPT` for a damaged one, which is moved to `quarantine-…` untouched.
 */
export async function openDirectory(path: string, options: DirectoryOptions): Promise<Directory> {
  await checkMode(path)
  const sentinel = await readSentinel(path)
  for (const name of DATABASES) checkPresent(path, name)
  try {
    const hot = await openDatabase(path, 'hot', options, false)
    await writeFile(join(path, 'LOCK'), `${process.pid}\n`, { mode: 0o600 })
    const cold = await openDatabase(path, 'cold', options, false)
    return { path, sentinel, hot, cold, close: () => close(path, hot, cold) }
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error
    if (error.code === 'STORE_LOCKED') throw await lockedBy(path)
    if (error.code === 'STORE_CORRUPT') throw await quarantine(path, error, options.clock.wallMs())
    throw error
  }
}

async function openDatabase(
  path: string,
  name: string,
  options: DirectoryOptions,
  create: boolean,
): Promise<SafeStore> {
  const engine = await openLevelEngine(join(path, name), { create })
  const highWater = new HighWaterFile(join(path, `HWM.${name}`))
  const store = new SafeStore({ ...options, engine, highWater, name })
  try {
    await settled((done) => store.open(done))
  } catch (error) {
    await new Promise<void>((done) => engine.close(done))
    throw error
  }
  return store
}

async function close(path: string, hot: SafeStore, cold: SafeStore): Promise<void> {
  await settled((done) => hot.close(done))
  await settled((done) => cold.close(done))
  await rm(join(path, 'LOCK'), { force: true })
}

async function readSentinel(path: string): Promise<Sentinel> {
  const text = await readFile(join(path, 'STORE.json'), 'utf8').catch(() => {
    throw new RuntimeError('STORE_REFUSED', `Cannot open "${path}": there is no store in it`)
  })
  const sentinel = JSON.parse(text) as Sentinel
  if (sentinel.format > FORMAT) {
    const message = `Cannot open "${path}": its format is ${sentinel.format}, this build reads up to ${FORMAT}`
    throw new RuntimeError('STORE_REFUSED', message)
  }
  return sentinel
}

/** An absent or emptied database is refused as it is: opening it would finish the damage. */
function checkPresent(path: string, name: string): void {
  if (existsSync(join(path, name, 'CURRENT'))) return
  const message =
    `Cannot open "${path}": its database "${name}" is gone or has lost its file CURRENT; ` +
    'nothing was changed; restore a backup into another directory'
  throw new RuntimeError('STORE_REFUSED', message)
}

async function checkMode(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw new RuntimeError('STORE_REFUSED', `Cannot open "${path}": it does not exist`)
  if (!found.isDirectory())
    throw new RuntimeError('STORE_REFUSED', `Cannot open "${path}": it is not a directory`)
  const uid = process.getuid?.()
  if (uid !== undefined && uid !== 0 && found.uid !== uid) {
    throw new RuntimeError('STORE_REFUSED', `Cannot open "${path}": it belongs to another user`)
  }
  if ((found.mode & 0o077) !== 0) {
    const message = `Cannot open "${path}": others may read it; run chmod 700 "${path}"`
    throw new RuntimeError('STORE_REFUSED', message)
  }
}

async function lockedBy(path: string): Promise<RuntimeError> {
  const pid = (await readFile(join(path, 'LOCK'), 'utf8').catch(() => 'unknown')).trim()
  const message = `Cannot open "${path}": process ${pid} has it open`
  return new RuntimeError('STORE_LOCKED', message, { details: { pid } })
}

async function quarantine(
  path: string,
  found: RuntimeError,
  wallMs: number,
): Promise<RuntimeError> {
  const moment = new Date(wallMs).toISOString().replaceAll(':', '')
  const aside = join(path, `quarantine-${moment}`)
  await mkdir(aside, { mode: 0o700 })
  const report = { found: found.message, ...found.details, at: moment }
  await writeDurably(join(aside, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  for (const name of [...DATABASES, ...DATABASES.map((each) => `HWM.${each}`)]) {
    await rename(join(path, name), join(aside, name))
  }
  const message = `${found.message}; moved to "${aside}"; restore a backup into another directory`
  return new RuntimeError('STORE_CORRUPT', message, { cause: found, details: found.details })
}

/** Written beside, fsynced, renamed, and the directory fsynced. */
export async function writeDurably(path: string, text: string | Uint8Array): Promise<void> {
  const temporary = `${path}.part`
  const file = await open(temporary, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
  await file.close()
  await rename(temporary, path)
  const directory = await open(dirname(path), 'r')
  await directory.sync()
  await directory.close()
}

/** A callback's outcome as a promise. */
export function settled(ask: (done: (error?: RuntimeError) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    ask((error) => (error ? reject(error) : resolve()))
  })
}
