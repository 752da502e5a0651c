import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'

export interface ProgramPlace {
  readonly program: string
  readonly cwd: string
  /** As in the variable. */
  readonly path: string
}

/**
 * Why the program cannot be started there, in one line; `undefined` if it can. Asked before
 * forking, since a terminal has no other way to say it than as output.
 */
export function whyNotRunnable(place: ProgramPlace): string | undefined {
  const { program, cwd, path } = place
  if (!isAbsolute(cwd)) return `Cannot start in "${cwd}": the path is not absolute`
  const folder = statSync(cwd, { throwIfNoEntry: false })
  if (!folder) return `Cannot start in "${cwd}": no such directory`
  if (!folder.isDirectory()) return `Cannot start in "${cwd}": not a directory`
  if (program === '' || program.startsWith('-')) return `Cannot start "${program}": no such command`
  const files = program.includes('/')
    ? [resolve(cwd, program)]
    : path.split(':').map((each) => join(resolve(cwd, each), program))
  const found = files.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
  if (found.length === 0) return `Cannot start "${program}": no such command`
  if (!found.some(executable)) return `Cannot start "${program}": not executable`
  return undefined
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
