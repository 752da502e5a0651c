import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { RuntimeError } from '../runtime/errors.ts'
import { makeDirectory } from '../runtime/storage/directory/access.ts'

/**
 * How `gaia` finds the node of this machine: two files in the data directory. `admin.json` says
 * where the admin door is, while there is one; `credential` is a secret that only the directory's
 * owner can read, made at the first start. Whoever can read it may do everything.
 */
export interface LocalAccess {
  /** `host:port` of the admin door. */
  readonly address: string
  readonly pid: number
  readonly node: string
}

export const DIRECTORY_DEFAULT = join(homedir(), '.architect')

const ADDRESS_FILE = 'admin.json'
const CREDENTIAL_FILE = 'credential'
const CREDENTIAL_BYTES = 32
const CREDENTIAL_PATTERN = /^[0-9a-f]{64}$/

/** The directory's secret, made when there is none. Refuses one that others can read. */
export async function openCredential(directory: string): Promise<string> {
  await makeDirectory(directory)
  const path = join(directory, CREDENTIAL_FILE)
  const made = `${path}.new`
  try {
    return await readCredential(directory)
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== 'NOT_FOUND') throw error
  }
  const secret = randomBytes(CREDENTIAL_BYTES).toString('hex')
  await writeFile(made, `${secret}\n`, { mode: 0o600, flush: true })
  await chmod(made, 0o600) // The mode above counts only for a file that was not there.
  await rename(made, path)
  return secret
}

/** Throws `NOT_FOUND` when there is none, `FAILED_PRECONDITION` when it is not kept secret. */
export async function readCredential(directory: string): Promise<string> {
  const path = join(directory, CREDENTIAL_FILE)
  const text = await readOptional(path)
  if (text === undefined) {
    throw new RuntimeError('NOT_FOUND', `Cannot read the credential "${path}": there is none`)
  }
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    throw new RuntimeError(
      'FAILED_PRECONDITION',
      `Cannot use the credential "${path}": others can read it; run: chmod 600 '${path}'`,
    )
  }
  const secret = text.trim()
  if (CREDENTIAL_PATTERN.test(secret)) return secret
  throw new RuntimeError(
    'FAILED_PRECONDITION',
    `Cannot use the credential "${path}": it is damaged; remove it and start the node again`,
  )
}

/** Tells `gaia` where the admin door is. Written whole or not at all. */
export async function writeLocalAccess(directory: string, access: LocalAccess): Promise<void> {
  const path = join(directory, ADDRESS_FILE)
  const made = `${path}.new`
  await writeFile(made, `${JSON.stringify(access)}\n`, { mode: 0o600 })
  await rename(made, path)
}

/** `undefined` when no node of this directory runs, as far as the directory knows. */
export async function readLocalAccess(directory: string): Promise<LocalAccess | undefined> {
  const text = await readOptional(join(directory, ADDRESS_FILE))
  return text === undefined ? undefined : parseLocalAccess(text)
}

export async function removeLocalAccess(directory: string): Promise<void> {
  await rm(join(directory, ADDRESS_FILE), { force: true })
}

function parseLocalAccess(text: string): LocalAccess | undefined {
  try {
    const { address, pid, node } = JSON.parse(text) as Partial<LocalAccess>
    if (typeof address !== 'string' || typeof pid !== 'number') return undefined
    return { address, pid, node: String(node) }
  } catch {
    return undefined // Damaged by hand: the same as not there.
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new RuntimeError('FAILED_PRECONDITION', `Cannot read "${path}": ${String(error)}`, {
      cause: error,
    })
  }
}
