import { ROLES } from '../../../../actors/doors/principal.ts'
import { connected, type Command } from '../../command.ts'
import { parseDuration } from '../../duration.ts'
import { EXIT } from '../../exit.ts'
import { jsonLine } from '../../print.ts'

export const tokenCreate: Command = {
  name: 'token create',
  summary: 'make an API token; it is printed once, only its hash is kept',
  options: [
    { flags: '--name <name>', summary: 'what it is for (default: token)' },
    { flags: '--role <role>', summary: 'viewer, operator or admin (default: viewer)' },
    { flags: '--user <user>', summary: 'who acts with it: a label, for records' },
    { flags: '--team <team>', summary: 'a label' },
    { flags: '--project <name>', summary: 'a label' },
    { flags: '--expires <time>', summary: 'as 12h or 30d (default: never)' },
  ],
  examples: [
    'TOKEN=$(gaia token create --name ci --role operator --expires 30d)',
    'curl -H "authorization: Bearer $TOKEN" localhost:8080/api/tasks',
  ],

  async run(given, context) {
    const expires = given.text('expires')
    const labels = ['user', 'team', 'project'].flatMap((label) => {
      const value = given.text(label)
      return value === undefined ? [] : [[label, value]]
    })
    const request = {
      name: given.text('name') ?? 'token',
      role: given.choice('role', ROLES) ?? 'viewer',
      ...Object.fromEntries(labels),
      ...(expires !== undefined && { validMs: parseDuration(expires) }),
    }
    const made = await connected(context, (client) => client.call('CreateToken', request))
    await context.terminal.out(context.json ? jsonLine(made) : `${made.secret}\n`)
    return EXIT.ok
  },
}
