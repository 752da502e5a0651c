import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { TerminalSpec } from '../../../actors/terminals.ts'

const OUTPUT_BYTES_MIN = 64 * 1024
/** Arguments and environment together: half of what Linux allows a program, and it fits a frame. */
const ARGUMENT_BYTES_MAX = 1024 * 1024

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

/** What nobody could start anywhere, in one line; `undefined` if there is no such thing. */
export function whyInvalid(spec: TerminalSpec): string | undefined {
  if (spec.argv.length === 0) return 'There is no command'
  if (spec.outputBytesMax < OUTPUT_BYTES_MIN) return `Less than ${OUTPUT_BYTES_MIN} bytes of output`
  const words = [...spec.argv, ...Object.entries(spec.env).flat()]
  const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0)
  if ([...words, spec.cwd ?? ''].some((word) => word.includes('\0'))) {
    return 'A zero byte stands in the command, its directory or its environment'
  }
  if (bytes > ARGUMENT_BYTES_MAX) return `Arguments and environment are ${bytes} bytes`
  if (Object.keys(spec.env).some((name) => name === '' || name.includes('='))) {
    return 'A name in the environment is empty or has an equals sign'
  }
  return undefined
}
