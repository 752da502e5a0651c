import { resolve } from 'node:path'
import type { Command, Context, Given } from '../command.ts'
import { Ending, EXIT } from '../exit.ts'
import type { SpecMessage } from '../messages.ts'
import { CONDITIONS, conditionsOf } from './run-conditions.ts'

export const run: Command = {
  name: 'run',
  operands: '<command...>',
  summary: 'run a command on the fleet, show its output, end with its exit code',
  takesCommandLine: true,
  options: [
    { flags: '-d, --detach', summary: 'print the id of the task and return' },
    { flags: '--title <text>', summary: 'what lists call it (default: the command)' },
    { flags: '--priority <n>', summary: '0 to 10, 10 first (default: 5)' },
    { flags: '--project <name>', summary: 'its queue (default: default)' },
    { flags: '--workdir <dir>', summary: 'where it runs (default: here, if the node is local)' },
    {
      flags: '--env <name=value>',
      summary: 'set a variable, or pass this one on: NAME',
      many: true,
    },
    { flags: '--label <label>', summary: 'for lists and bulk actions', many: true },
    { flags: '--requires <label>', summary: 'a label that the node must have', many: true },
    {
      flags: '--meta <name=value>',
      summary: 'kept with it, for whoever asks for the task',
      many: true,
    },
    ...CONDITIONS,
  ],
  examples: [
    "gaia run -- sh -c 'echo hi; sleep 2; exit 3'",
    'gaia run --workdir ~/src/app --timeout 20m -- npm test',
    'gaia run --detach --priority 8 --project nightly -- make all',
    'gaia run --unique docs --conflict replace -- make docs',
    'gaia run --detach --not-before 2h --expires 8h --concurrency database=1 -- ./vacuum.sh',
    'gaia run --after t07-01JD… --env CI=1 --env HOME -- ./deploy.sh',
  ],
  notes: `Standard input is not passed on. Ctrl-C cancels the task and shows how it ends; a second Ctrl-C
leaves at once. If the node is lost, gaia waits for it and goes on where it was.

A task that has the --unique key and has not ended stands for the new one: gaia follows it, and Ctrl-C
cancels it. With --conflict attach it also gets the higher of both priorities; with replace it is
cancelled for the new one, which is refused if it runs.

Exit codes: the command's own; 128 + n if signal n killed it; 130 after Ctrl-C; 255 for all else,
such as a wrong flag, no node, a timeout, or a task that somebody cancelled.`,

  async run(given, context) {
    const spec = await specOf(given, context)
    const { runTask } = await import('../follow/run-task.ts')
    const submission = {
      spec,
      ...optional('project', given.text('project')),
      ...optional('key', given.text('key')),
    }
    return await runTask(submission, { context, detach: given.flag('detach') })
  },
}

async function specOf(given: Given, context: Context): Promise<SpecMessage> {
  const priority = given.count('priority', 0, 10)
  const env = given.list('env').map((pair) => variable(pair, context.environment))
  const metadata = given.list('meta').map(metadatum)
  return {
    argv: given.operands,
    ...optional('title', given.text('title')),
    ...(await workdirOf(given, context)),
    ...(env.length > 0 && { env: Object.fromEntries(env) }),
    ...(priority !== undefined && { priority }),
    labels: given.list('label'),
    requires: given.list('requires'),
    ...(metadata.length > 0 && { metadata: Object.fromEntries(metadata) }),
    ...conditionsOf(given, context.clock.wallMs()),
    ...terminalSize(context),
  }
}

/** On this machine a wrong directory is noticed before anything is submitted. */
async function workdirOf(given: Given, context: Context): Promise<{ workdir?: string }> {
  const asked = given.text('workdir')
  if (!(await context.local())) return optional('workdir', asked)
  if (asked === undefined) return { workdir: context.workingDirectory }
  const workdir = resolve(context.workingDirectory, asked)
  const { isDirectory } = await import('../files.ts')
  if (await isDirectory(workdir)) return { workdir }
  throw new Ending(EXIT.usage, `Cannot run in "${workdir}": there is no such directory`)
}

function terminalSize({ terminal }: Context): Pick<SpecMessage, 'terminal'> {
  return terminal.size ? { terminal: terminal.size } : {}
}

/** `NAME=value`, or `NAME` alone for the value it has here. */
function variable(
  pair: string,
  environment: Context['environment'],
): readonly [name: string, value: string] {
  const equals = pair.indexOf('=')
  const name = equals < 0 ? pair : pair.slice(0, equals)
  const value = equals < 0 ? environment[name] : pair.slice(equals + 1)
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new Ending(EXIT.usage, `Cannot use --env ${pair}: write NAME=value or NAME`)
  }
  if (value === undefined) {
    throw new Ending(EXIT.usage, `Cannot use --env ${name}: it is not set here`)
  }
  return [name, value]
}

function metadatum(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=')
  if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)]
  throw new Ending(EXIT.usage, `Cannot use --meta ${pair}: write NAME=value`)
}

function optional<Name extends string>(
  name: Name,
  value: string | undefined,
): { readonly [N in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: string })
}
