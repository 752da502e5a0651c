import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { RuntimeError } from '../../errors.ts'

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
