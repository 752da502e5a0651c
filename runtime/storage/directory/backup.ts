import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { RuntimeError } from '../../errors.ts'
import type { Clock } from '../../scheduling/clock.ts'
import type { EngineSnapshot } from '../engine.ts'
import { settled, type Op, type Store } from '../store.ts'
import { openDirectory, type Directory } from './directory.ts'
import { diskFailure } from './disk-failure.ts'
import { syncDirectory } from './durable-file.ts'
import { copyTree, treeBytes } from './file-tree.ts'
import { initDirectory } from './founding.ts'
import { writeSentinel } from './sentinel.ts'

/** Read and written at a time: a page is on disk before the next is read. Unit: entries. */
const PAGE = 1_000
/** Every key but the store's own marks, which begin with a tilde. */
const LAST = '~'

export interface BackupOptions {
  readonly clock: Clock
  /** `totalBytes` is an estimate until the end: the disk holds values compressed. */
  progress(copiedBytes: number, totalBytes: number): void
}

type Source = Pick<Directory, 'path' | 'hot' | 'cold' | 'sentinel'>

/**
 * Copies a store, while it is in use, into a directory that is empty or not there. Both databases
 * are copied as they are at one moment: what moves between them is in one of them, or in both.
 */
export async function backup(from: Source, into: string, options: BackupOptions): Promise<void> {
  const to = resolve(into)
  await checkEmpty(to, 'back up to')
  const part = `${to}.part`
  const snapshots = { hot: from.hot.snapshot(), cold: from.cold.snapshot() }
  try {
    await rm(part, { recursive: true, force: true }) // Of a backup that did not come to its end.
    await copy(from, snapshots, part, options)
    await writeSentinel(part, { ...from.sentinel, backupMs: options.clock.wallMs() })
    await moveInto(part, to)
  } catch (error) {
    throw diskFailure(`back up to "${to}"`, error)
  } finally {
    for (const snapshot of Object.values(snapshots)) {
      await settled((done) => snapshot.release(done))
    }
  }
}

/** Throws `INVALID_ARGUMENT` unless there is nothing. */
export async function checkEmpty(path: string, doing: string): Promise<void> {
  if (!existsSync(path)) return
  const names = await readdir(path).catch(() => ['not a directory'])
  if (names.length === 0) return
  throw new RuntimeError('INVALID_ARGUMENT', `Cannot ${doing} "${path}": it is not empty`)
}

/** A finished copy under its name, once and for all. */
export async function moveInto(part: string, to: string): Promise<void> {
  await rename(part, to)
  await syncDirectory(dirname(to))
}

async function copy(
  from: Source,
  snapshots: Readonly<Record<'hot' | 'cold', EngineSnapshot>>,
  to: string,
  { clock, progress }: BackupOptions,
): Promise<void> {
  const total = await treeBytes(from.path, ['hot', 'cold', 'blobs'])
  let copied = 0
  const count = (bytes: number): void => {
    copied += bytes
    progress(copied, Math.max(copied, total))
  }
  await initDirectory(to, from.sentinel, [], { clock, failed: thrown })
  const target = await openDirectory(to, { clock, failed: thrown })
  try {
    await pour(snapshots.hot, target.hot, count)
    await pour(snapshots.cold, target.cold, count)
  } finally {
    await target.close()
  }
  await mkdir(join(to, 'blobs'), { mode: 0o700 })
  await copyTree(join(from.path, 'blobs'), join(to, 'blobs'), count)
  progress(copied, copied)
}

async function pour(
  from: EngineSnapshot,
  to: Store,
  count: (bytes: number) => void,
): Promise<void> {
  for (let after = ''; ; ) {
    const ops: Op[] = []
    let bytes = 0
    const visit = (key: string, value: Uint8Array): void => {
      ops.push({ type: 'put', key, value })
      bytes += value.length
    }
    await settled((done) => from.scan({ gte: after, lt: LAST, limit: PAGE }, visit, done))
    const last = ops.at(-1)
    if (!last) return
    await settled((done) => to.write(ops, done))
    count(bytes)
    after = `${last.key}\0`
  }
}

/** A copy in the making has nobody else to tell: its own write already fails. */
function thrown(): void {
  return undefined
}
