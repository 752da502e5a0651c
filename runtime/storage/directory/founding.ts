import { existsSync } from 'node:fs'
import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../../errors.ts'
import { settled, type Op } from '../store.ts'
import { checkAccess, makeDirectory } from './access.ts'
import { DATABASES, markOf, openDatabase, type DirectoryOptions } from './directory.ts'
import { claimProcess, clearProcess, FOUNDING, processIn } from './process-file.ts'
import { holdsStore, writeSentinel, type Sentinel } from './sentinel.ts'

/**
 * Makes a store in a directory that has none: both databases, `first` in one synced batch, then the
 * sentinel. A crash in between leaves the file `FOUNDING`, by which the next call knows that it may
 * start over. Databases without it and without a sentinel have lost theirs, and are never touched.
 */
export async function initDirectory(
  path: string,
  sentinel: Omit<Sentinel, 'format'>,
  first: readonly Op[],
  options: DirectoryOptions,
): Promise<void> {
  await makePrivate(path)
  await checkAccess(path)
  const left = await claim(path)
  const taken = whyTaken(path, left)
  if (taken !== undefined) {
    await clearProcess(join(path, FOUNDING))
    throw new RuntimeError('STORE_REFUSED', `Cannot make a store in "${path}": ${taken}`)
  }
  for (const name of DATABASES) {
    await rm(join(path, name), { recursive: true, force: true })
    await rm(join(path, markOf(name)), { force: true })
    const store = await openDatabase(path, name, { ...options, create: true })
    if (name === 'hot') await settled((done) => store.write(first, done))
    await settled((done) => store.close(done))
  }
  await writeSentinel(path, sentinel)
  await clearProcess(join(path, FOUNDING))
}

/** An empty directory is made private; one that holds anything has to be already. */
async function makePrivate(path: string): Promise<void> {
  await makeDirectory(path)
  const names = await readdir(path).catch(() => undefined)
  if (names?.length === 0) await chmod(path, 0o700)
}

/** One process at a time makes a store. Returns whether another died while it did. */
async function claim(path: string): Promise<'nothing' | 'unfinished'> {
  const file = join(path, FOUNDING)
  if (await claimProcess(file)) return 'nothing'
  const pid = await processIn(file)
  if (pid !== undefined && pid !== process.pid) {
    const message = `Cannot make a store in "${path}": process ${pid} is making one`
    throw new RuntimeError('STORE_LOCKED', message, { details: { pid } })
  }
  await clearProcess(file)
  await claim(path)
  return 'unfinished'
}

function whyTaken(path: string, left: 'nothing' | 'unfinished'): string | undefined {
  if (holdsStore(path)) return 'there is one'
  const orphan = DATABASES.find((name) => existsSync(join(path, name)))
  if (orphan === undefined || left === 'unfinished') return undefined
  return (
    `its database "${orphan}" is there, but STORE.json is gone; nothing was changed; ` +
    'restore a backup into another directory'
  )
}
