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
      await terminal.out(`${paintState(terminal, found.task.state)}  ${plain(found.why)}\n`)
      if (found.ahead > 0)
        await terminal.out(`${found.ahead} tasks of its project are ahead of it\n`)
      const rows = found.considered.map(({ node, fits, why }) => [
        plain(node),
        fits ? 'fits' : 'does not fit',
        plain(why),
      ])
      await terminal.out(table(rows))
    }
    return EXIT.ok
  },
}
