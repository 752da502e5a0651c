import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** The process that has a directory open, and the one that makes a store in it. */
export const LOCK = 'LOCK'
export const FOUNDING = 'FOUNDING'

/** How long a process that has just taken something may need to say who it is. Unit: ms. */
const SAY_MS = 1_000
const LOOK_MS = 25

/** The number of this process, in a file: for whoever finds the door closed. */
export function sayProcess(path: string): Promise<void> {
  return writeFile(path, `${process.pid}\n`, { mode: 0o600 })
}

/** As `sayProcess`, but only one of several that try has `true`, until `clearProcess`. */
export async function claimProcess(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.writeFile(`${process.pid}\n`)
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

export function clearProcess(path: string): Promise<void> {
  return rm(path, { force: true })
}

/** The living process that a file names. Waits a moment for one that is about to. */
export async function processIn(path: string): Promise<number | undefined> {
  for (let waitedMs = 0; waitedMs < SAY_MS; waitedMs += LOOK_MS) {
    const pid = Number(await readFile(path, 'utf8').catch(() => ''))
    if (pid > 0 && lives(pid)) return pid
    await pause(LOOK_MS)
  }
  return undefined
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // There, and somebody else's.
  }
}
