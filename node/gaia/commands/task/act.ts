import { ENDED, TASK_STATES, type TaskState } from '../../../../actors/task/task.ts'
import { connected, type Command, type Context, type Given, type Option } from '../../command.ts'
import type { AdminClient } from '../../client.ts'
import { Ending, EXIT, exitCodeOf } from '../../exit.ts'
import { jsonLine, paintState } from '../../print.ts'
import { filterOf } from '../tasks.ts'

/** What can be asked for tasks by name, or for all that match. */
type Action = 'cancel' | 'pause' | 'resume' | 'retry'

const FILTERS: readonly Option[] = [
  { flags: '--state <state>', summary: 'all tasks in this state', many: true },
  { flags: '--project <name>', summary: 'all tasks of this project' },
  { flags: '--label <label>', summary: 'all tasks with this label' },
  { flags: '--all', summary: 'all tasks' },
  { flags: '-y, --yes', summary: 'do not ask' },
]

export const taskCancel = actOn('cancel', 'end tasks, running ones too', [
  'gaia task cancel t07-01JD…',
  'gaia task cancel --project nightly --state available --yes',
])

export const taskPause = actOn('pause', 'keep tasks from starting', [
  'gaia task pause t07-01JD…',
  'gaia task pause --label slow',
])

export const taskResume = actOn('resume', 'let paused tasks start again', [
  'gaia task resume t07-01JD…',
  'gaia task resume --all --yes',
])

export const taskRetry = actOn('retry', 'run ended tasks once more, as new tasks', [
  'gaia task retry t07-01JD…',
  'gaia task retry --project nightly --state failed',
])

function actOn(action: Action, summary: string, examples: readonly string[]): Command {
  return {
    name: `task ${action}`,
    operands: '[ids...]',
    summary,
    options: FILTERS,
    examples,
    notes: 'Name tasks by id, or say with flags which ones are meant; then it asks first.',
    run: (given, context) =>
      connected(context, (client) =>
        given.operands.length > 0
          ? actOnEach(action, given, { client, context })
          : actOnAll(action, given, { client, context }),
      ),
  }
}

interface Acting {
  readonly client: AdminClient
  readonly context: Context
}

/** One failure does not keep the others from being tried; the last one's code is the exit code. */
async function actOnEach(
  action: Action,
  given: Given,
  { client, context }: Acting,
): Promise<number> {
  const { terminal, json } = context
  if (Object.keys(filterOf(given)).length > 0 || given.flag('all')) {
    throw new Ending(EXIT.usage, `Cannot ${action}: give ids or filter flags, not both`)
  }
  let code: number = EXIT.ok
  for (const id of given.operands) {
    try {
      const task = await client.call('ActOnTask', { action, id })
      const text = `${task.id}  ${paintState(terminal, task.state)}\n`
      await terminal.out(json ? jsonLine(task) : text)
    } catch (failure) {
      code = exitCodeOf(failure)
      terminal.note(`gaia: ${failure instanceof Error ? failure.message : String(failure)}`)
    }
  }
  return code
}

async function actOnAll(
  action: Action,
  given: Given,
  { client, context }: Acting,
): Promise<number> {
  const { terminal, json } = context
  const filter = filterOf(given)
  if (Object.keys(filter).length === 0 && !given.flag('all')) {
    throw new Ending(EXIT.usage, `Cannot ${action}: name tasks by id, or use --project, --state, …`)
  }
  if (!given.flag('yes')) await mustConfirm(action, filter, { client, context })
  let changed = 0
  for await (const step of client.stream('Bulk', { action, ...filter })) {
    changed = step.changed
    terminal.progress(counted(changed))
  }
  terminal.progress('')
  await terminal.out(json ? jsonLine({ changed }) : `${counted(changed)}\n`)
  return EXIT.ok
}

const COUNTED_MAX = 200

async function mustConfirm(
  action: Action,
  filter: ReturnType<typeof filterOf>,
  { client, context }: Acting,
): Promise<void> {
  const concerned = { states: CONCERNED[action], ...filter, limit: COUNTED_MAX }
  const { tasks, cursor } = await client.call('ListTasks', concerned)
  if (tasks.length === 0) return // Nothing to ask about.
  const count = `${cursor === undefined ? '' : 'more than '}${counted(tasks.length)}`
  if (!context.terminal.interactive) {
    throw new Ending(EXIT.usage, `Cannot ${action} ${count}: nobody is here to ask; add --yes`)
  }
  const question = `${action.charAt(0).toUpperCase()}${action.slice(1)} ${count}?`
  if (await context.terminal.confirm(question)) return
  throw new Ending(EXIT.failed, `Nothing was changed`)
}

const LIVE = TASK_STATES.filter((state) => !ENDED.has(state))

/** The states that an action changes, when none are named. */
const CONCERNED: Readonly<Record<Action, readonly TaskState[]>> = {
  cancel: LIVE,
  pause: LIVE,
  resume: LIVE,
  retry: ['failed', 'discarded', 'expired'],
}

function counted(count: number): string {
  return count === 1 ? '1 task' : `${count} tasks`
}
