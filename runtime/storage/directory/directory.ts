import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RuntimeError } from '../../errors.ts'
import type { Clock } from '../../scheduling/clock.ts'
import type { Engine } from '../engine.ts'
import { SafeStore } from '../safe-store.ts'
import { settled } from '../store.ts'
import { checkAccess } from './access.ts'
import { diskFailure } from './disk-failure.ts'
import { HighWaterFile } from './high-water-file.ts'
import { openLevelEngine } from './level-engine.ts'
import { clearProcess, FOUNDING, LOCK, processIn, sayProcess } from './process-file.ts'
import { keep, release, setAside } from './quarantine.ts'
import { readSentinel, type Sentinel } from './sentinel.ts'

/*
 * A data directory, as far as the store goes:
 *
 *   STORE.json             the sentinel: there is a store here, and which one
 *   LOCK                   the process that has it open
 *   hot/  cold/            the two databases
 *   HWM.hot  HWM.cold      their high-water marks
 *   blobs/                 files named by their content
 *   quarantine-<moment>/   a damaged store, as it was found
 *   opening-<process>/     the databases as they were, while they are opened
 *   FOUNDING               a store is being made here, by this process
 */

export const DATABASES = ['hot', 'cold'] as const
export type Database = (typeof DATABASES)[number]

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

/**
 * Opens the store of a directory.
 *
 * Throws `STORE_LOCKED` with the process that has it, `STORE_REFUSED` for a directory that is not
 * to be used as it is, `STORE_CORRUPT` for a damaged one, which is set aside as it was found, and
 * `STORE_FULL` or `STORE_FAILED` when the disk refuses.
 */
export async function openDirectory(path: string, options: DirectoryOptions): Promise<Directory> {
  await checkAccess(path)
  const sentinel = await readSentinel(path)
  if (sentinel.backupMs !== undefined) throw backedUp(path, sentinel.backupMs)
  for (const name of DATABASES) checkPresent(path, name)
  const opened: SafeStore[] = []
  try {
    await keep(path, DATABASES)
    const hot = await openDatabase(path, 'hot', { ...options, create: false })
    opened.push(hot)
    const cold = await openDatabase(path, 'cold', { ...options, create: false })
    await release(path)
    await clearProcess(join(path, FOUNDING))
    return { path, sentinel, hot, cold, close: () => close(path, hot, cold) }
  } catch (error) {
    for (const store of opened) await settled((done) => store.close(done))
    throw await explained(path, diskFailure(`open "${path}"`, error), options.clock.wallMs())
  }
}

async function explained(path: string, error: RuntimeError, wallMs: number): Promise<RuntimeError> {
  if (error.code === 'STORE_LOCKED') return lockedBy(path)
  if (error.code !== 'STORE_CORRUPT') return error
  const files = DATABASES.flatMap((name) => [name, markOf(name)])
  return setAside(path, files, { found: error, wallMs })
}

/** Opens one database with its mark, or makes both. */
export async function openDatabase(
  path: string,
  name: Database,
  options: DirectoryOptions & { readonly create: boolean },
): Promise<SafeStore> {
  const { create } = options
  const highWater = new HighWaterFile(join(path, markOf(name)), { create })
  let engine: Engine | undefined
  try {
    if (!create && !highWater.read()) throw unmarked(path, name)
    engine = await openLevelEngine(join(path, name), { create })
    if (name === 'hot') await sayProcess(join(path, LOCK)) // LevelDB's own lock is the real one.
    const store = new SafeStore({ ...options, engine, highWater, name })
    await settled((done) => store.open(done))
    return store
  } catch (error) {
    highWater.close()
    await new Promise<void>((done) => (engine ? engine.close(done) : done()))
    throw error
  }
}

async function close(path: string, hot: SafeStore, cold: SafeStore): Promise<void> {
  await settled((done) => hot.close(done))
  await settled((done) => cold.close(done))
  await clearProcess(join(path, LOCK))
}

export function markOf(name: Database): string {
  return `HWM.${name}`
}

/** A database that lost its table of contents is refused as it is: opening it would finish the damage. */
function checkPresent(path: string, name: Database): void {
  const needed = [join(name, 'CURRENT'), markOf(name)]
  const gone = needed.find((file) => !existsSync(join(path, file)))
  if (gone === undefined) return
  const message =
    `Cannot open "${path}": "${gone}" is gone; nothing was changed; ` +
    'restore a backup into another directory'
  throw new RuntimeError('STORE_REFUSED', message)
}

function unmarked(path: string, name: Database): RuntimeError {
  const message =
    `Cannot open "${path}": "${markOf(name)}" is damaged, so that nobody can say whether batches are ` +
    'lost; nothing was changed; restore a backup into another directory'
  return new RuntimeError('STORE_REFUSED', message)
}

function backedUp(path: string, backupMs: number): RuntimeError {
  const message =
    `Cannot open "${path}": it is a backup, of ${new Date(backupMs).toISOString()}; ` +
    `make a store of it with: gaia admin restore ${path} DIR`
  return new RuntimeError('STORE_REFUSED', message)
}

async function lockedBy(path: string): Promise<RuntimeError> {
  const pid = (await processIn(join(path, LOCK))) ?? 'unknown'
  const message = `Cannot open "${path}": process ${pid} has it open`
  return new RuntimeError('STORE_LOCKED', message, { details: { pid } })
}
