import { connected, type Command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { formatMoment, jsonLine, plain, table } from '../../print.ts'

export const tokenList: Command = {
  name: 'token list',
  summary: 'list the API tokens',
  examples: ['gaia token list'],

  async run(_given, context) {
    const { terminal, json } = context
    const found = await connected(context, (client) => client.call('ListTokens', {}))
    if (json) await terminal.out(jsonLine(found))
    else if (found.tokens.length === 0) terminal.note('No tokens. To make one: gaia token create')
    else {
      const rows = found.tokens.map(({ id, name, role, createdMs, expiresMs }) => [
        id,
        plain(name),
        role,
        formatMoment(createdMs),
        expiresMs === undefined ? 'never' : formatMoment(expiresMs),
      ])
      await terminal.out(table([['ID', 'NAME', 'ROLE', 'CREATED', 'EXPIRES'], ...rows]))
    }
    return EXIT.ok
  },
}
