import type { Context, Given } from './command.ts'
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
  const json = argv.slice(0, endOfFlags(argv)).includes('--json')
  const running = firstWord(argv) === 'run'
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

/** The command, past the flags that may stand before it. */
function firstWord(argv: readonly string[]): string | undefined {
  const values = new Set(['--data', '--node'])
  return argv.find((word, at) => !word.startsWith('-') && !values.has(argv[at - 1] ?? ''))
}

/** What follows `--`, or the command of `gaia run`, is not ours. */
function endOfFlags(argv: readonly string[]): number {
  const end = argv.indexOf('--')
  return end < 0 ? argv.length : end
}

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
