import { rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { RuntimeError } from '../../errors.ts'
import type { Clock } from '../../scheduling/clock.ts'
import {
  initDirectory,
  openDirectory,
  settled,
  type Directory,
  type Sentinel,
} from './directory.ts'
import type { SafeStore } from '../safe-store.ts'
import type { Op, Store } from '../store.ts'

/** Written at a time. Units: operations, bytes. */
const BATCH_OPS = 1_000
const BATCH_BYTES = 4 * 1024 * 1024
/** Every key but the store's own marks, which begin with a tilde. */
const EVERYTHING = { gte: '', lt: '~' }

export interface BackupOptions {
  readonly clock: Clock
  /** Entries copied so far. */
  progress(copied: number): void
}

/**
 * Copies a store, while it is in use, into a directory that does not exist yet, as a store of its
 * own. `hot` first: what moves to history meanwhile is then there twice, and never missing.
 */
export async function backup(
  from: Pick<Directory, 'hot' | 'cold' | 'sentinel'>,
  to: string,
  options: BackupOptions,
): Promise<void> {
  if (existsSync(to))
    throw new RuntimeError('INVALID_ARGUMENT', `Cannot back up to "${to}": it exists already`)
  const part = `${to}.part`
  await rm(part, { recursive: true, force: true }) // Of a backup that did not come to its end.
  await copy(from, part, from.sentinel, new Map(), options)
  await rename(part, to)
}

/**
 * Makes a store of a backup, under an identity of its own.
 *
 * @param changed values that are put in the place of the backup's.
 */
export async function restore(
  from: string,
  to: string,
  sentinel: Omit<Sentinel, 'format'>,
  changed: (backup: SafeStore) => ReadonlyMap<string, Uint8Array>,
  options: BackupOptions,
): Promise<void> {
  const failed = (error: RuntimeError): never => {
    throw error
  }
  const source = await openDirectory(from, { clock: options.clock, failed })
  try {
    await copy(source, to, sentinel, changed(source.hot), options)
  } finally {
    await source.close()
  }
}

async function copy(
  from: Pick<Directory, 'hot' | 'cold'>,
  to: string,
  sentinel: Omit<Sentinel, 'format'>,
  changed: ReadonlyMap<string, Uint8Array>,
  options: BackupOptions,
): Promise<void> {
  const failed = (error: RuntimeError): never => {
    throw error
  }
  await initDirectory(to, sentinel, [], { clock: options.clock, failed })
  const target = await openDirectory(to, { clock: options.clock, failed })
  let copied = 0
  const count = (ops: number): void => {
    copied += ops
    options.progress(copied)
  }
  try {
    await pour(from.hot, target.hot, changed, count)
    await pour(from.cold, target.cold, new Map(), count)
  } finally {
    await target.close()
  }
}

async function pour(
  from: Store,
  to: Store,
  changed: ReadonlyMap<string, Uint8Array>,
  count: (ops: number) => void,
): Promise<void> {
  const writes: Promise<void>[] = []
  let ops: Op[] = []
  let bytes = 0
  const flush = (): void => {
    const batch = ops
    ops = []
    bytes = 0
    writes.push(settled((done) => to.write(batch, done)).then(() => count(batch.length)))
  }
  const visit = (key: string, value: Uint8Array): void => {
    ops.push({ type: 'put', key, value: changed.get(key) ?? value.slice() })
    bytes += value.length
    if (ops.length >= BATCH_OPS || bytes >= BATCH_BYTES) flush()
  }
  await settled((done) => from.scan(EVERYTHING, visit, done))
  flush()
  await Promise.all(writes)
}
