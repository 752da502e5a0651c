import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../../errors.ts'
import { syncDirectory, writeDurably } from './durable-file.ts'

/*
 * LevelDB repairs while it opens: it replays what it can read of its log into a table, and deletes
 * the log. So each database is first kept as it is, by a second name for each of its files, which
 * costs nothing; and a damaged directory is set aside as it was found.
 */

const KEPT = 'opening-'
/** LevelDB's own notes: nothing is lost with them. */
const UNKEPT = new Set(['LOCK', 'LOG', 'LOG.old'])

/** Keeps the databases of a directory as they are until `release` or `setAside`. */
export async function keep(path: string, databases: readonly string[]): Promise<void> {
  for (const name of databases) {
    const kept = join(path, `${KEPT}${process.pid}`, name)
    await rm(kept, { recursive: true, force: true })
    await mkdir(kept, { recursive: true, mode: 0o700 })
    for (const file of await readdir(join(path, name))) {
      if (!UNKEPT.has(file)) await sameFile(join(path, name, file), join(kept, file))
    }
  }
}

async function sameFile(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to)) // Where there are no second names.
}

/** What was kept is let go, whichever process kept it: only one has the directory open. */
export async function release(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    if (name.startsWith(KEPT)) await rm(join(path, name), { recursive: true, force: true })
  }
}

/**
 * Moves a damaged store into `quarantine-<moment>`: its databases as they were found, and under
 * `opened/` what LevelDB has made of them. The sentinel stays, so that nothing starts empty here.
 */
export async function setAside(
  path: string,
  files: readonly string[],
  { found, wallMs }: { readonly found: RuntimeError; readonly wallMs: number },
): Promise<RuntimeError> {
  const moment = new Date(wallMs).toISOString().replaceAll(':', '')
  const aside = join(path, `quarantine-${moment}`)
  await mkdir(join(aside, 'opened'), { recursive: true, mode: 0o700 })
  const report = { found: found.message, ...found.details, at: moment }
  await writeDurably(join(aside, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  for (const name of files) {
    const kept = join(path, `${KEPT}${process.pid}`, name)
    const asFound = existsSync(kept)
    await rename(join(path, name), join(aside, asFound ? 'opened' : '', name))
    if (asFound) await rename(kept, join(aside, name))
  }
  await syncDirectory(path)
  await release(path)
  const message = `${found.message}; moved to "${aside}"; restore a backup into another directory`
  return new RuntimeError('STORE_CORRUPT', message, { cause: found, details: found.details })
}
