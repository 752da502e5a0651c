import { connected, type Command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { jsonLine } from '../../print.ts'

export const tokenRevoke: Command = {
  name: 'token revoke',
  operands: '<ids...>',
  summary: 'refuse API tokens from now on',
  examples: ['gaia token revoke 3f2a90c1d4e5b677'],

  async run({ operands }, context) {
    await connected(context, async (client) => {
      for (const id of operands) {
        await client.call('RevokeToken', { id })
        await context.terminal.out(context.json ? jsonLine({ revoked: id }) : `revoked ${id}\n`)
      }
    })
    return EXIT.ok
  },
}
