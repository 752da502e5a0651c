import { Command as Parser, CommanderError, Option, type OutputConfiguration } from 'commander'
import { type Command, Given } from './command.ts'
import { Ending, EXIT } from './exit.ts'

/** What the command line asks for. */
export type Asked =
  | {
      readonly type: 'command'
      readonly command: Command
      readonly given: Given
    }
  /** Help or the version: show it, and that was all. */
  | { readonly type: 'text'; readonly text: string }

/** Throws an `Ending` for a wrong command line. */
export function parseCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  version: string,
): Asked {
  if (argv.length === 0) return parseCommandLine(['--help'], commands, version)
  let asked: Asked | undefined
  let text = ''
  let missing = ''
  const output = {
    writeOut: (part: string) => void (text += part),
    writeErr: (part: string) => void (missing += part),
    getOutHelpWidth: () => HELP_WIDTH,
    getErrHelpWidth: () => HELP_WIDTH,
  }
  const root = described(new Parser('gaia'), HEAD)
    .version(version, '-V, --version', 'show the version')
    .usage('<command> [flags]')
    .addHelpText('after', TAIL)
  const groups = new Map<string, Parser>()
  for (const command of commands) {
    const words = command.name.split(' ')
    const last = words.pop() ?? ''
    const group = words[0] === undefined ? root : groupOf(words[0], root, groups)
    const parser = leaf(group.command(last), command)
    parser.action(() => {
      const given = new Given(parser.args, parser.optsWithGlobals())
      asked = { type: 'command', command, given }
    })
  }
  quiet(root, output)
  try {
    root.parse(argv, { from: 'user' })
  } catch (failure) {
    if (!(failure instanceof CommanderError)) throw failure
    if (failure.exitCode === 0) return { type: 'text', text }
    if (failure.code === 'commander.help') throw incomplete(missing)
    throw new Ending(EXIT.usage, oneLine(failure.message), { cause: failure })
  }
  return asked ?? { type: 'text', text }
}

const HELP_WIDTH = 100

const HEAD = 'give work to a fleet of machines, and see what becomes of it'

const TAIL = `
Examples:
  gaia run -- sh -c 'echo hi; sleep 2; exit 3'   run a command, see its output, get its exit code
  gaia run --detach --priority 8 -- make test    leave it running; prints its id
  gaia tasks --state executing                   what runs now
  gaia task logs --follow ID                     the output of a task, live
  gaia console                                   a sign-in link for the console

A node has to run: architect (or npm start). gaia finds it by its data directory.

Exit codes: 0 ok, 1 failed or refused, 2 wrong usage or no such thing, 4 timeout, 5 a limit,
6 no node reachable, 130 interrupted. gaia run ends with its command's own code, and with 255 for its
own failures. More on each command: gaia COMMAND --help
`

const GROUPS: Readonly<Record<string, string>> = {
  task: 'one task, or all that match',
  project: 'the queue of a project',
  token: 'API tokens',
  admin: 'the node and its store',
}

function groupOf(name: string, root: Parser, groups: Map<string, Parser>): Parser {
  const known = groups.get(name)
  if (known) return known
  const group = described(root.command(name), GROUPS[name] ?? name)
  groups.set(name, group)
  return group
}

function leaf(parser: Parser, command: Command): Parser {
  described(parser, command.summary)
  if (command.operands !== undefined) parser.arguments(command.operands)
  for (const { flags, summary, many, group } of command.options ?? []) {
    const option = new Option(flags, many ? `${summary}; repeatable` : summary)
    if (many) option.argParser(collect)
    if (group !== undefined) option.helpGroup(`${group}:`)
    parser.addOption(option)
  }
  if (command.takesCommandLine) parser.passThroughOptions()
  const examples = command.examples.map((example) => `\n  ${example}`).join('')
  const notes = command.notes === undefined ? '' : `\n${command.notes}\n`
  return parser.addHelpText('after', `\nExamples:${examples}\n${notes}`)
}

function described(parser: Parser, summary: string): Parser {
  return parser
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .summary(summary)
    .enablePositionalOptions()
    .helpCommand(false)
    .option('--json', 'for programs: one JSON value, or one a line')
    .option('--data <dir>', 'data directory of the node (default: ~/.architect)')
    .option('--node <addr>', 'host:port of the admin door (default: as the directory says)')
    .helpOption('-h, --help', 'explain')
}

/** Commander neither prints nor ends the process by itself. */
function quiet(parser: Parser, output: OutputConfiguration): void {
  parser.exitOverride().configureOutput(output).showSuggestionAfterError(true)
  for (const child of parser.commands) quiet(child, output)
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

/** A group without its command, or flags alone: what there is to choose from. */
function incomplete(help: string): Ending {
  return new Ending(EXIT.usage, `Cannot understand that: a command is missing\n\n${help.trimEnd()}`)
}

/** `error: unknown option '--detatch' (Did you mean --detach?)`, as our own messages go. */
function oneLine(message: string): string {
  return message.replace(/^error: /, 'Cannot understand that: ').replaceAll(/\s*\n\s*/g, ' ')
}
