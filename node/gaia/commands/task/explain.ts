import { ENDED, type TaskState } from '../../../../actors/task/task.ts'
import { connected, type Command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { jsonLine, paintState, plain, table } from '../../print.ts'

export const taskExplain: Command = {
  name: 'task explain',
  operands: '<id>',
  summary: 'why a task waits, or what became of it',
  examples: ['gaia task explain t07-01JD…'],

  async run({ operands: [id = ''] }, context) {
    const { terminal, json } = context
    const found = await connected(context, (client) => client.call('ExplainTask', { id }))
    if (json) await terminal.out(jsonLine(found))
    else {
      const { state } = found.task
      const why = found.why === state ? '' : `  ${plain(found.why)}`
      await terminal.out(`${paintState(terminal, state)}${why}\n`)
      if (found.ahead > 0)
        await terminal.out(
          `ahead of it in its project: ${found.ahead} ${found.ahead === 1 ? 'task' : 'tasks'}\n`,
        )
      const rows = found.considered.map(({ node, fits, why }) => [
        plain(node),
        fits ? 'fits' : 'does not fit',
        plain(why),
      ])
      if (!PLACED.has(state)) await terminal.out(table(rows))
    }
    return EXIT.ok
  },
}

/** Where a task could go is of interest until it has gone there. */
const PLACED: ReadonlySet<TaskState> = new Set([...ENDED, 'assigned', 'executing', 'waiting_human'])
