import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from './durable-file.ts'

/** Copies files and folders, each private and on disk, those that are not there left out. */
export async function copyTree(
  from: string,
  to: string,
  count: (bytes: number) => void,
): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true }).catch(absent)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o700 })
      await copyTree(source, target, count)
    } else {
      count(await copyWhole(source, target))
    }
  }
  await syncDirectory(to)
}

/** Returns how many bytes. */
export async function copyWhole(from: string, to: string): Promise<number> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  await chmod(to, 0o600)
  const file = await open(to, 'r+')
  try {
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

/** How much these hold, as far as they are there. */
export async function treeBytes(path: string, names: readonly string[]): Promise<number> {
  let bytes = 0
  for (const name of names) {
    const each = join(path, name)
    const found = await stat(each).catch(() => undefined) // Files come and go while we look.
    if (found?.isDirectory()) bytes += await treeBytes(each, await readdir(each).catch(() => []))
    else bytes += found?.size ?? 0
  }
  return bytes
}

function absent(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}
