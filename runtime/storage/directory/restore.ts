import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { RuntimeError } from '../../errors.ts'
import type { Clock } from '../../scheduling/clock.ts'
import type { SafeStore } from '../safe-store.ts'
import { settled, type Op } from '../store.ts'
import { makeDirectory } from './access.ts'
import { checkEmpty, moveInto } from './backup.ts'
import { DATABASES, markOf, openDirectory, type Directory } from './directory.ts'
import { copyTree, copyWhole } from './file-tree.ts'
import { LOCK, processIn } from './process-file.ts'
import { readSentinel, writeSentinel, type Sentinel } from './sentinel.ts'

export interface Restored {
  readonly entries: number
  readonly bytes: number
}

export interface RestoreOptions {
  readonly clock: Clock
  /** Who the new store is: never who the backup was. */
  readonly sentinel: (backup: Sentinel) => Omit<Sentinel, 'format'>
  /** What is written over the backup's values, in one batch. */
  readonly changed: (backup: Directory) => Promise<readonly Op[]>
}

/**
 * Makes a store of a backup, or of the directory of a stopped node, in a directory that is empty or
 * not there. The backup is only read. Every value is checked before the new store has its name.
 */
export async function restore(
  from: string,
  into: string,
  options: RestoreOptions,
): Promise<Restored> {
  const to = resolve(into)
  const backup = await readSentinel(from)
  await checkEmpty(to, 'restore into')
  await checkUnused(from)
  const part = `${to}.part`
  await rm(part, { recursive: true, force: true })
  try {
    await copyStore(from, part)
    await writeSentinel(part, options.sentinel(backup))
    const restored = await finish(part, options)
    await moveInto(part, to)
    return restored
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw unrestored(from, error)
  }
}

async function checkUnused(path: string): Promise<void> {
  if (!existsSync(join(path, LOCK))) return
  const pid = await processIn(join(path, LOCK))
  if (pid === undefined) return
  const message = `Cannot restore "${path}": process ${pid} has it open; back it up with: gaia admin backup DIR`
  throw new RuntimeError('STORE_LOCKED', message, { details: { pid } })
}

async function copyStore(from: string, to: string): Promise<void> {
  await makeDirectory(to)
  for (const name of [...DATABASES, 'blobs']) {
    await mkdir(join(to, name), { mode: 0o700 })
    await copyTree(join(from, name), join(to, name), () => undefined)
  }
  for (const name of DATABASES) await copyWhole(join(from, markOf(name)), join(to, markOf(name)))
}

async function finish(part: string, { clock, changed }: RestoreOptions): Promise<Restored> {
  const directory = await openDirectory(part, { clock, failed: () => undefined })
  try {
    const hot = await checked(directory.hot)
    const cold = await checked(directory.cold)
    const ops = await changed(directory)
    await settled((done) => directory.hot.write(ops, done))
    return { entries: hot.entries + cold.entries, bytes: hot.bytes + cold.bytes }
  } finally {
    await directory.close()
  }
}

/** Reads every value once: what cannot be read is found now, not in a month. */
async function checked(store: SafeStore): Promise<Restored> {
  let entries = 0
  let bytes = 0
  const visit = (_key: string, value: Uint8Array): void => {
    entries += 1
    bytes += value.length
  }
  await settled((done) => store.scan({ gte: '', lt: '~' }, visit, done))
  return { entries, bytes }
}

/** What was found in the copy is true of the backup, which is left as it is. */
function unrestored(from: string, error: unknown): RuntimeError {
  const found =
    error instanceof RuntimeError && error.cause instanceof RuntimeError ? error.cause : error
  const { message } = found as Error
  const code = found instanceof RuntimeError ? found.code : 'STORE_FAILED'
  return new RuntimeError(
    code,
    `Cannot restore "${from}": ${message.replace(/^Cannot /, 'cannot ')}`,
    {
      cause: error,
    },
  )
}
