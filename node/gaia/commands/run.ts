import { resolve } from 'node:path'
import type { Command, Context, Given } from '../command.ts'
import { parseDuration } from '../duration.ts'
import { Ending, EXIT } from '../exit.ts'
import type { SpecMessage } from '../messages.ts'

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
    { flags: '--after <id>', summary: 'a task that must complete first', many: true },
    { flags: '--retries <n>', summary: 'try again after a failure, a non-zero exit included' },
    { flags: '--timeout <time>', summary: 'end it after so long, as 90s, 10m or 2h (default: 2h)' },
    { flags: '--unique <key>', summary: 'not if a live task of its project has this key' },
    {
      flags: '--conflict <what>',
      summary: 'if one has it: ignore, attach, replace (default: ignore)',
    },
    {
      flags: '--window <time>',
      summary: 'completed, it keeps the key so long after its submission',
    },
    { flags: '--key <key>', summary: 'idempotency key: the same key is the same task' },
  ],
  examples: [
    "gaia run -- sh -c 'echo hi; sleep 2; exit 3'",
    'gaia run --workdir ~/src/app --timeout 20m -- npm test',
    'gaia run --detach --priority 8 --project nightly -- make all',
    'gaia run --unique docs --conflict replace -- make docs',
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

const CONFLICTS = ['ignore', 'attach', 'replace'] as const

async function specOf(given: Given, context: Context): Promise<SpecMessage> {
  const priority = given.count('priority', 0, 10)
  const retries = given.count('retries', 0, 100)
  const timeout = given.text('timeout')
  const env = given.list('env').map((pair) => variable(pair, context.environment))
  return {
    argv: given.operands,
    ...optional('title', given.text('title')),
    ...(await workdirOf(given, context)),
    ...(env.length > 0 && { env: Object.fromEntries(env) }),
    ...(priority !== undefined && { priority }),
    labels: given.list('label'),
    requires: given.list('requires'),
    after: given.list('after'),
    // Who waits for a command wants to see it die; who leaves it to the fleet wants it done.
    ...((retries !== undefined || !given.flag('detach')) && {
      retry: { max: retries ?? 0, onExit: (retries ?? 0) > 0 },
    }),
    ...(timeout !== undefined && { timeouts: { startToCloseMs: parseDuration(timeout) } }),
    ...uniqueOf(given),
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

function uniqueOf(given: Given): Pick<SpecMessage, 'unique'> {
  const key = given.text('unique')
  const onConflict = given.choice('conflict', CONFLICTS)
  const window = given.text('window')
  if (key === undefined && (onConflict !== undefined || window !== undefined)) {
    throw new Ending(EXIT.usage, 'Cannot use --conflict and --window without --unique KEY')
  }
  if (key === undefined) return {}
  return {
    unique: {
      key,
      ...(onConflict !== undefined && { onConflict }),
      ...(window !== undefined && { windowMs: parseDuration(window) }),
    },
  }
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

function optional<Name extends string>(
  name: Name,
  value: string | undefined,
): { readonly [N in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: string })
}
