import { connected, type Command } from '../../command.ts'
import { formatDuration } from '../../duration.ts'
import { EXIT } from '../../exit.ts'
import type { AttemptMessage, TaskMessage } from '../../messages.ts'
import { formatMoment, jsonLine, paintState, plain, table } from '../../print.ts'
import type { Terminal } from '../../terminal.ts'

export const taskShow: Command = {
  name: 'task show',
  operands: '<id>',
  summary: 'everything about a task',
  examples: ['gaia task show t07-01JD…', 'gaia task show t07-01JD… --json | jq .outcome'],

  async run({ operands: [id = ''] }, context) {
    const task = await connected(context, (client) => client.call('GetTask', { id }))
    await context.terminal.out(context.json ? jsonLine(task) : taskText(task, context.terminal))
    return EXIT.ok
  },
}

export function taskText(task: TaskMessage, terminal: Terminal): string {
  const { spec, outcome } = task
  const facts = [
    ['id', task.id],
    ['title', plain(spec.title)],
    ['command', plain(spec.argv.map(quoted).join(' '))],
    ['project', `${task.project}, priority ${spec.priority}`],
    ['by', `${plain(task.by)}, ${formatMoment(task.createdMs)}`],
    ...(spec.workdir === undefined ? [] : [['workdir', plain(spec.workdir)]]),
    ...(spec.labels.length === 0 ? [] : [['labels', spec.labels.join(' ')]]),
    ...(spec.requires.length === 0 ? [] : [['requires', spec.requires.join(' ')]]),
    ...(task.dependencies.length === 0
      ? []
      : [['after', task.dependencies.map(({ id, state }) => `${id} (${state})`).join(' ')]]),
    ...(outcome === null ? [] : [['outcome', outcomeText(outcome)]]),
  ]
  const reason = task.reason === task.state ? '' : `  ${plain(task.reason)}`
  const state = `${paintState(terminal, task.state)}${reason}\n`
  const attempts = task.attempts.map(attemptRow)
  return `${state}${table(facts)}${attempts.length > 0 ? `\n${table([HEAD, ...attempts])}` : ''}`
}

const HEAD = ['ATTEMPT', 'NODE', 'ASSIGNED', 'RAN FOR', 'OUTCOME']

function attemptRow(attempt: AttemptMessage): readonly string[] {
  const { startedMs, endedMs, outcome } = attempt
  const ran = startedMs !== undefined && endedMs !== undefined
  return [
    String(attempt.attempt),
    plain(attempt.node),
    formatMoment(attempt.assignedMs),
    ran ? formatDuration(endedMs - startedMs) : '',
    outcome === null ? '' : outcomeText(outcome),
  ]
}

function outcomeText(outcome: NonNullable<TaskMessage['outcome']>): string {
  const { code, signal, message } = outcome
  const parts = [
    outcome.class,
    ...(code === undefined ? [] : [`exit ${code}`]),
    ...(signal === undefined ? [] : [signal]),
    ...(message === undefined ? [] : [plain(message)]),
  ]
  return parts.join(', ')
}

/** As it would be typed in a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
