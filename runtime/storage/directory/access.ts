import { constants, existsSync } from 'node:fs'
import { access, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RuntimeError } from '../../errors.ts'

/**
 * Makes the directory and those above it, for us alone, unless there is something of that name. Node's
 * own recursive form never ends where a folder takes no new names, as `/proc`. Throws `STORE_REFUSED`.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    const parent = dirname(path)
    if (code !== 'ENOENT' || existsSync(parent)) throw refused(path, message)
    await makeDirectory(parent)
    await makeDirectory(path)
  }
}

/** Throws `STORE_REFUSED` unless it is a directory of ours that nobody else can read, and that can be written. */
export async function checkAccess(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw refused(path, 'it does not exist')
  if (!found.isDirectory()) throw refused(path, 'it is not a directory')
  const uid = process.getuid?.()
  if (uid !== undefined && uid !== 0 && found.uid !== uid) {
    throw refused(path, 'it belongs to another user')
  }
  if ((found.mode & 0o077) !== 0) {
    throw refused(path, `others may read it; run chmod 700 "${path}"`)
  }
  await access(path, constants.W_OK).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EROFS' ? 'its file system is read-only' : 'it may not be written'
    throw refused(path, `${why}; nothing was changed`)
  })
}

function refused(path: string, why: string): RuntimeError {
  return new RuntimeError('STORE_REFUSED', `Cannot open "${path}": ${why}`)
}
