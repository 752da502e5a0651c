import { connected, type Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { jsonLine } from '../print.ts'

export const consoleLink: Command = {
  name: 'console',
  summary: 'print a sign-in link for the console; it works once',
  examples: ['gaia console', 'xdg-open "$(gaia console)"'],

  async run(_given, context) {
    const link = await connected(context, (client) => client.call('ConsoleLink', {}))
    await context.terminal.out(context.json ? jsonLine(link) : `${link.url}\n`)
    return EXIT.ok
  },
}
