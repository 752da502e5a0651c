import { connected, type Command } from '../../command.ts'
import { Ending, EXIT } from '../../exit.ts'
import { jsonLine } from '../../print.ts'

export const taskPrioritize: Command = {
  name: 'task prioritize',
  operands: '<ids...>',
  summary: 'change the priority of tasks that wait',
  options: [{ flags: '--priority <n>', summary: '0 to 10, 10 first' }],
  examples: ['gaia task prioritize --priority 9 t07-01JD…'],

  async run(given, context) {
    const { terminal, json } = context
    const priority = given.count('priority', 0, 10)
    if (priority === undefined) {
      throw new Ending(EXIT.usage, 'Cannot prioritize: say how with --priority, 0 to 10')
    }
    return await connected(context, async (client) => {
      for (const id of given.operands) {
        const task = await client.call('ActOnTask', { action: 'prioritize', id, priority })
        const text = `${task.id}  priority ${task.spec.priority}\n`
        await terminal.out(json ? jsonLine(task) : text)
      }
      return EXIT.ok
    })
  },
}
