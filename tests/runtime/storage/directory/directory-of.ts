import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../../runtime/scheduling/system-clock.ts'
import {
  openDirectory,
  type Directory,
  type DirectoryOptions,
} from '../../../../runtime/storage/directory/directory.ts'
import { initDirectory } from '../../../../runtime/storage/directory/founding.ts'
import type { SafeStore } from '../../../../runtime/storage/safe-store.ts'
import { settled, type Op } from '../../../../runtime/storage/store.ts'

export const WHO = { storeId: '01STORE', clusterId: '01CLUSTER', node: 'one' }

export const options: DirectoryOptions = { clock: systemClock, failed: () => undefined }

const root = mkdtempSync(join(tmpdir(), 'architect-directory-'))
t.teardown(() => rmSync(root, { recursive: true, force: true }))
let count = 0

/** A path where nothing is yet. */
export function nowhere(): string {
  return join(root, `d${count++}`)
}

export const put = (key: string, value: string): Op => ({
  type: 'put',
  key,
  value: Buffer.from(value),
})

export function write(store: SafeStore, ...ops: readonly Op[]): Promise<void> {
  return settled((done) => store.write(ops, done))
}

export function read(store: Pick<SafeStore, 'get'>, key: string): string | undefined {
  const value = store.get(key)
  return value && Buffer.from(value).toString()
}

/** Bytes that no compression makes smaller, and always the same. */
export function noise(seed: number, length: number): string {
  let text = ''
  for (let state = seed + 1; text.length < length; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(36)
  }
  return text.slice(0, length)
}

/** A directory with `batches` single writes in each database, all acknowledged, still open. */
export async function filled(batches: number, valueBytes = 200): Promise<Directory> {
  const path = nowhere()
  await initDirectory(path, WHO, [put('first', 'batch')], options)
  const directory = await openDirectory(path, options)
  for (let n = 0; n < batches; n++) {
    const op = put(`k${String(n).padStart(5, '0')}`, noise(n, valueBytes))
    await Promise.all([write(directory.hot, op), write(directory.cold, op)])
  }
  return directory
}

/** What a killed process leaves of a directory that is open: its files as they are now. */
export function killed({ path }: Pick<Directory, 'path'>): string {
  const left = nowhere()
  cpSync(path, left, { recursive: true })
  chmodSync(left, 0o700)
  return left
}

/** The newest write-ahead log of a database. */
export function logOf(path: string, database = 'hot'): string {
  const logs = readdirSync(join(path, database)).filter((name) => name.endsWith('.log'))
  return join(path, database, logs.sort().at(-1) ?? '')
}

export function tablesOf(path: string, database = 'hot'): string[] {
  const names = readdirSync(join(path, database)).filter((name) => name.endsWith('.ldb'))
  return names.map((name) => join(path, database, name))
}

export function damage(file: string, change: (bytes: Buffer) => Buffer | void): void {
  const bytes = readFileSync(file)
  writeFileSync(file, change(bytes) ?? bytes)
}

/** Every file below a path, with its bytes as text of one byte a character. */
export function contentOf(path: string): ReadonlyMap<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
  return new Map(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(path.length), readFileSync(file, 'latin1')]),
  )
}
