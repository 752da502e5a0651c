import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Written beside, fsynced, renamed, and the directory fsynced: whole, or not there. */
export async function writeDurably(path: string, text: string | Uint8Array): Promise<void> {
  const temporary = `${path}.part`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

/** Names that were added, changed or removed in it outlive a loss of power. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
