import { closeSync, fstatSync, readdirSync } from 'node:fs'

/** Of standard input, output and error. */
const STANDARD_MAX = 2

/**
 * Closes every file that this process was born with. LevelDB lets its files pass to the programs
 * that a node starts: without this a task's command could write into the store of its node. To be
 * called before anything is opened.
 */
export function closeInheritedFiles(): void {
  for (const name of readdirSync('/dev/fd')) {
    const descriptor = Number(name)
    if (descriptor > STANDARD_MAX && opensFile(descriptor)) closeSync(descriptor)
  }
}

function opensFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false // The one that listed the others.
  }
}
