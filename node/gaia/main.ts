import type { Context, Given } from './command.ts'
import { run } from './commands/run.ts'
import { COMMANDS } from './commands/table.ts'
import { Ending, EXIT, exitCodeOf } from './exit.ts'
import { parseCommandLine } from './program.ts'
import { jsonLine } from './print.ts'
import { systemTerminal, type Terminal } from './terminal.ts'
import { VERSION } from '../version.ts'

/**
 * The command line of the fleet. It speaks to the admin door and to nothing else; what a command
 * needs beyond its own file is loaded when it runs, so that help is quick.
 */
async function gaia(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { words, running } = ownWords(argv)
  const json = words.includes('--json')
  try {
    const asked = parseCommandLine(argv, COMMANDS, VERSION)
    if (asked.type === 'text') {
      await terminal.out(asked.text)
      return EXIT.ok
    }
    const { command, given } = asked
    return await command.run(given, await contextOf(given, terminal))
  } catch (failure) {
    const code = running ? EXIT.runFailed : exitCodeOf(failure)
    const message = failure instanceof Error ? failure.message : String(failure)
    terminal.progress('')
    if (json)
      await terminal.out(jsonLine({ error: { message, exitCode: code, ...detailsOf(failure) } }))
    else terminal.note(`gaia: ${message}`)
    return code
  }
}

/** What is ours of a command line, whether it can be understood or not. */
interface OwnWords {
  /** All before `--`; and before the command that `gaia run` is given, whose flags are its own. */
  readonly words: readonly string[]
  readonly running: boolean
}

function ownWords(argv: readonly string[]): OwnWords {
  const end = argv.indexOf('--')
  const words = end < 0 ? argv : argv.slice(0, end)
  const isOperand = (word: string, at: number): boolean =>
    !word.startsWith('-') && !VALUED.has(words[at - 1] ?? '')
  const first = words.findIndex(isOperand)
  if (words[first] !== run.name) return { words, running: false }
  const given = words.findIndex((word, at) => at > first && isOperand(word, at))
  return { words: given < 0 ? words : words.slice(0, given), running: true }
}

/** Flags whose value is the next word, of every command and of `gaia run`. */
const VALUED: ReadonlySet<string> = new Set([
  '--data',
  '--node',
  ...(run.options ?? [])
    .filter(({ flags }) => flags.endsWith('>'))
    .flatMap(({ flags }) => flags.split(/,? /)),
])

async function contextOf(given: Given, terminal: Terminal): Promise<Context> {
  const { systemContext } = await import('./access.ts')
  return systemContext({
    terminal,
    json: given.flag('json'),
    directory: given.text('data'),
    address: given.text('node'),
  })
}

function detailsOf(failure: unknown): object {
  if (failure instanceof Ending || !(failure instanceof Error)) return {}
  const { code, retryAfterMs } = failure as { code?: unknown; retryAfterMs?: unknown }
  return {
    ...(code !== undefined && { code }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

const terminal = systemTerminal()
const code = await gaia(process.argv.slice(2), terminal)
// Connections that are still closing do not keep us; what was written is out, `out` waited for it.
process.stdout.write('', () => process.exit(code))
