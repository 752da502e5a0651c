import { connected, type Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { jsonLine } from '../print.ts'

export const projectPause = setPaused(true, 'start no more tasks of a project')
export const projectResume = setPaused(false, 'start tasks of a project again')

function setPaused(paused: boolean, summary: string): Command {
  const action = paused ? 'pause' : 'resume'
  return {
    name: `project ${action}`,
    operands: '<name>',
    summary,
    examples: [`gaia project ${action} nightly`],
    async run({ operands: [project = ''] }, context) {
      await connected(context, (client) => client.call('PauseProject', { project, paused }))
      const text = `${project} is ${paused ? 'paused' : 'on'}\n`
      await context.terminal.out(context.json ? jsonLine({ project, paused }) : text)
      return EXIT.ok
    },
  }
}
