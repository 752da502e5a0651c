import { TASK_STATES } from '../../../actors/task/task.ts'
import { connected, type Command, type Context, type Given } from '../command.ts'
import { Ending, EXIT } from '../exit.ts'
import type { ListMessage } from '../messages.ts'
import type { Terminal } from '../terminal.ts'
import { formatMoment, jsonLine, paintState, plain, table } from '../print.ts'

export const tasks: Command = {
  name: 'tasks',
  summary: 'list tasks, newest change first',
  options: [
    { flags: '--state <state>', summary: TASK_STATES.join(', '), many: true },
    { flags: '--project <name>', summary: 'only of this project' },
    { flags: '--label <label>', summary: 'only with this label' },
    { flags: '--limit <n>', summary: '1 to 200 (default: 50)' },
    {
      flags: '--cursor <cursor>',
      summary: 'the next page, as the last line of the one before says',
    },
    { flags: '-w, --watch', summary: 'then show each change as it happens' },
  ],
  examples: [
    'gaia tasks',
    'gaia tasks --state executing --state available --project nightly',
    'gaia tasks --json | jq -r .tasks[].id',
    'gaia tasks --watch',
  ],

  async run(given, context) {
    const filter = filterOf(given)
    const limit = given.count('limit', 1, 200) ?? 50
    const cursor = given.text('cursor')
    return await connected(context, async (client) => {
      const request = { ...filter, limit, ...(cursor !== undefined && { cursor }) }
      await showPage(await client.call('ListTasks', request), context)
      if (!given.flag('watch')) return EXIT.ok
      const project = given.text('project')
      for await (const task of client.stream(
        'WatchTasks',
        project === undefined ? {} : { project },
      )) {
        if (!matches(task, filter)) continue
        if (context.json) await context.terminal.out(jsonLine({ event: 'task.state', task }))
        else await context.terminal.out(changeLine(task, context))
      }
      return EXIT.ok
    })
  },
}

/** The filter flags that lists and bulk actions share. Throws on a state that is none. */
export function filterOf(given: Given): Omit<ListMessage, 'limit' | 'cursor'> {
  const [project, label, states] = [given.text('project'), given.text('label'), given.list('state')]
  for (const state of states) {
    if (TASK_STATES.some((known) => known === state)) continue
    throw new Ending(
      EXIT.usage,
      `Cannot look for the state "${state}": it is none of ${TASK_STATES.join(', ')}`,
    )
  }
  return {
    ...(project !== undefined && { project }),
    ...(label !== undefined && { label }),
    ...(states.length > 0 && { states }),
  }
}

interface Page {
  readonly tasks: readonly Shown[]
  readonly cursor?: string
  readonly counts: Readonly<Record<string, number>>
  readonly missing: readonly number[]
}

interface Shown {
  readonly id: string
  readonly state: (typeof TASK_STATES)[number]
  readonly priority: number
  readonly project: string
  readonly title: string
  readonly reason: string
  readonly updatedMs: number
}

async function showPage(page: Page, { terminal, json }: Context): Promise<void> {
  if (json) return await terminal.out(jsonLine(page))
  if (page.tasks.length === 0) {
    const some = Object.values(page.counts).some((count) => count > 0)
    terminal.note(some ? 'No task matches' : 'No tasks. To add one: gaia run -- echo hello')
  } else {
    const head = ['ID', 'STATE', 'PRI', 'PROJECT', 'CHANGED', 'TITLE', 'REASON']
    const [first = '', ...lines] = table([head, ...page.tasks.map(row)])
      .trimEnd()
      .split('\n')
    const shown = lines.map((line, at) => painted(cut(line, terminal), page.tasks[at], terminal))
    await terminal.out([cut(first, terminal), ...shown, ''].join('\n'))
  }
  if (page.cursor !== undefined) terminal.note(`More: gaia tasks --cursor ${page.cursor}`)
  if (page.missing.length > 0) {
    terminal.note(`Not here: the tasks of shards ${page.missing.join(', ')}, which do not answer`)
  }
}

/** A line of the list is a line of the window. */
function cut(line: string, { size }: Terminal): string {
  return size === undefined || line.length <= size.cols ? line : `${line.slice(0, size.cols - 1)}…`
}

function painted(line: string, task: Shown | undefined, terminal: Terminal): string {
  return task ? line.replace(task.state, paintState(terminal, task.state)) : line
}

function row(task: Shown): readonly string[] {
  const { id, state, priority, project, updatedMs, title, reason } = task
  const cells = [id, state, String(priority), project, formatMoment(updatedMs)]
  return [...cells, plain(title).slice(0, 40), plain(reason).slice(0, 80)]
}

interface Changed extends Omit<Shown, 'priority' | 'title'> {
  readonly spec: { readonly title: string; readonly labels: readonly string[] }
}

function changeLine(task: Changed, { terminal }: Context): string {
  const { id, state, updatedMs, spec, reason } = task
  const shown = paintState(terminal, state, 13)
  return `${formatMoment(updatedMs)}  ${id}  ${shown}  ${plain(spec.title)}  ${plain(reason)}\n`
}

function matches({ state, spec }: Changed, { states, label }: ListMessage): boolean {
  if (label !== undefined && !spec.labels.includes(label)) return false
  return states === undefined || states.includes(state)
}
