/**
 * The real form of blobs: `blobs/<first two digits>/<hash>` below the data directory. A blob is not
 * copied: its file gets a second name, so that whoever still reads it under the first one is not
 * disturbed.
 *
 * Whether the bytes are still those of the name is found when a blob is first read: the whole of it
 * is hashed, and the verdict holds for as long as nobody has touched the file.
 */
import { createHash } from 'node:crypto'
import { statSync, unlinkSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, stat, utimes } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../../errors.ts'
import { diskFailure } from '../directory/disk-failure.ts'
import { syncDirectory } from '../directory/durable-file.ts'
import type { Done } from '../store.ts'
import type { Blob, Blobs } from './blobs.ts'

/** Blobs whose verdict is remembered. */
const VERDICTS_MAX = 1_000
const READ_BYTES = 1024 * 1024
/** Files looked at together. */
const LOOKS = 64

export interface BlobFigures {
  /** Absent until they were counted. */
  readonly count?: number
  readonly bytes?: number
  /** Why the last one could not be sealed. */
  readonly failure?: string
}

export class BlobDirectory implements Blobs {
  readonly #data: string
  readonly #path: string
  /** By hash: the file that was found whole, as it was then. */
  readonly #whole = new Map<string, string>()
  readonly #folders = new Map<string, Promise<void>>()
  /** They are not removed meanwhile. */
  readonly #sealing = new Map<string, number>()
  #held: Held | undefined
  #failure: string | undefined
  /** Where the next look for old ones begins. */
  #from = 0

  constructor(data: string) {
    this.#data = data
    this.#path = join(data, 'blobs')
  }

  figures(): BlobFigures {
    return { ...this.#held, ...(this.#failure === undefined ? {} : { failure: this.#failure }) }
  }

  seal(source: string, blob: Blob, done: Done): void {
    const { hash } = blob
    this.#sealing.set(hash, (this.#sealing.get(hash) ?? 0) + 1)
    const sealed = (error?: RuntimeError): void => {
      const others = (this.#sealing.get(hash) ?? 1) - 1
      if (others > 0) this.#sealing.set(hash, others)
      else this.#sealing.delete(hash)
      this.#failure = error?.code === 'NOT_FOUND' ? undefined : error?.message
      done(error)
    }
    this.#seal(join(this.#data, source), blob).then(
      () => sealed(),
      (error: unknown) => sealed(diskFailure(`keep the blob "${hash}"`, error)),
    )
  }

  async #seal(source: string, { hash, bytes }: Blob): Promise<void> {
    const target = this.#fileOf(hash)
    await this.#folderOf(hash)
    const first = await named(source, target)
    if (first && this.#held) this.#held = added(this.#held, 1, bytes)
    await syncDirectory(join(target, '..'))
  }

  read(
    blob: Blob,
    at: number,
    bytes: number,
    done: (result: Uint8Array | RuntimeError) => void,
  ): void {
    this.#read(blob, at, bytes).then(done, (error: unknown) => {
      done(diskFailure(`read the blob "${blob.hash}"`, error))
    })
  }

  async #read(blob: Blob, at: number, bytes: number): Promise<Uint8Array> {
    const file = await open(this.#fileOf(blob.hash)).catch((error: unknown) => {
      throw isGone(error) ? corrupt(blob, 'it is gone') : error
    })
    try {
      await this.#check(file, blob)
      const length = Math.min(bytes, blob.bytes - at)
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, at)
      if (bytesRead < length) throw corrupt(blob, 'it is cut off')
      return buffer
    } finally {
      await file.close()
    }
  }

  async #check(file: FileHandle, blob: Blob): Promise<void> {
    const { ino, size, mtimeMs, ctimeMs } = await file.stat()
    const found = [ino, size, mtimeMs, ctimeMs].join(' ')
    if (this.#whole.get(blob.hash) === found) return
    if (size !== blob.bytes) throw corrupt(blob, `it has ${size} bytes in place of ${blob.bytes}`)
    if ((await hashOf(file, size)) !== blob.hash)
      throw corrupt(blob, 'its bytes are not those it was named by')
    this.#whole.delete(blob.hash)
    this.#whole.set(blob.hash, found)
    const [oldest] = this.#whole.size > VERDICTS_MAX ? this.#whole.keys() : []
    if (oldest !== undefined) this.#whole.delete(oldest)
  }

  old(beforeMs: number, countMax: number, done: (hashes: readonly string[]) => void): void {
    this.#old(beforeMs, countMax).then(done, () => done([])) // What cannot be looked at stays.
  }

  /** All are looked at, and counted. */
  async #old(beforeMs: number, countMax: number): Promise<readonly string[]> {
    const folders = await readdir(this.#path)
    const found: string[] = []
    let held: Held = { count: 0, bytes: 0 }
    const first = this.#from % Math.max(1, folders.length)
    for (const folder of [...folders.slice(first), ...folders.slice(0, first)]) {
      for (const { hash, bytes, single, changedMs } of await this.#files(folder)) {
        held = added(held, 1, bytes)
        if (single && changedMs < beforeMs && found.length < countMax) found.push(hash)
      }
      if (found.length < countMax) this.#from += 1
    }
    this.#held = held
    return found
  }

  async #files(folder: string): Promise<readonly FoundFile[]> {
    const names = await readdir(join(this.#path, folder))
    const found: FoundFile[] = []
    for (let at = 0; at < names.length; at += LOOKS) {
      const looks = names
        .slice(at, at + LOOKS)
        .map((name) => look(join(this.#path, folder, name), name))
      found.push(...(await Promise.all(looks)).filter((each) => each !== undefined))
    }
    return found
  }

  remove(hashes: readonly string[], beforeMs: number, done: Done): void {
    this.#remove(hashes, beforeMs).then(
      () => done(),
      (error: unknown) => done(diskFailure('remove blobs', error)),
    )
  }

  async #remove(hashes: readonly string[], beforeMs: number): Promise<void> {
    for (const hash of hashes) {
      this.#removeOne(hash, beforeMs)
      await new Promise<void>((resolve) => setImmediate(resolve)) // Others are served between.
    }
  }

  /** In one go: a blob that is sealed again is seen to be so, or is made anew. */
  #removeOne(hash: string, beforeMs: number): void {
    const path = this.#fileOf(hash)
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found || found.nlink > 1 || found.ctimeMs >= beforeMs || this.#sealing.has(hash)) return
    unlinkSync(path)
    this.#whole.delete(hash)
    if (this.#held) this.#held = added(this.#held, -1, -found.size)
  }

  #fileOf(hash: string): string {
    return join(this.#path, hash.slice(0, 2), hash)
  }

  /** Made once, its name on disk. */
  #folderOf(hash: string): Promise<void> {
    const prefix = hash.slice(0, 2)
    const known = this.#folders.get(prefix)
    if (known) return known
    const made = mkdir(join(this.#path, prefix), { recursive: true, mode: 0o700 })
      .then((first) => (first === undefined ? undefined : syncDirectory(this.#path)))
      .catch((error: unknown) => {
        this.#folders.delete(prefix)
        throw error
      })
    this.#folders.set(prefix, made)
    return made
  }
}

interface Held {
  readonly count: number
  readonly bytes: number
}

function added(held: Held, count: number, bytes: number): Held {
  return { count: held.count + count, bytes: held.bytes + bytes }
}

interface FoundFile {
  readonly hash: string
  readonly bytes: number
  readonly single: boolean
  /** Its names or its bytes; never set by anybody. */
  readonly changedMs: number
}

async function look(path: string, hash: string): Promise<FoundFile | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return undefined
  return { hash, bytes: found.size, single: found.nlink === 1, changedMs: found.ctimeMs }
}

/** True if the blob is new. */
async function named(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target)
    return true
  } catch (error) {
    if (await touched(target)) return false // By an earlier call, or for another with the same bytes.
    if (isGone(error)) throw new RuntimeError('NOT_FOUND', `Cannot keep "${source}": it is gone`)
    await copied(source, target) // Where there are no second names.
    return true
  }
}

/** As new as one that was just named: false if it is not there. */
async function touched(path: string): Promise<boolean> {
  const { atime, mtime } = (await stat(path).catch(() => undefined)) ?? {}
  if (!atime || !mtime) return false
  await utimes(path, atime, mtime)
  return true
}

async function copied(source: string, target: string): Promise<void> {
  await copyFile(source, `${target}.part`)
  const file = await open(`${target}.part`, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${target}.part`, target)
}

async function hashOf(file: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, Math.max(1, size)))
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  return hash.digest('hex')
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function corrupt({ hash }: Blob, why: string): RuntimeError {
  const message = `Cannot read the blob "${hash}": ${why}`
  return new RuntimeError('STORE_CORRUPT', message, { details: { blob: hash } })
}
