import { connected, type Command } from '../../command.ts'
import { Ending, EXIT } from '../../exit.ts'
import { jsonLine, table } from '../../print.ts'

export const adminSchema: Command = {
  name: 'admin schema',
  operands: '[kind]',
  summary: 'the schema of every durable record',
  examples: ['gaia admin schema', 'gaia admin schema task'],

  async run({ operands: [kind] }, context) {
    const { terminal, json } = context
    const { schemas } = await connected(context, (client) => client.call('ListSchemas', {}))
    const chosen = schemas.filter((schema) => kind === undefined || schema.kind === kind)
    if (chosen.length === 0) {
      const kinds = schemas.map((schema) => schema.kind).join(', ')
      throw new Ending(EXIT.usage, `Cannot show "${kind ?? ''}": the kinds are ${kinds}`)
    }
    if (json) {
      const parsed = chosen.map(({ jsonSchema, ...schema }) => ({
        ...schema,
        schema: JSON.parse(jsonSchema) as unknown,
      }))
      await terminal.out(jsonLine({ schemas: parsed }))
    } else if (kind !== undefined) {
      for (const { jsonSchema } of chosen) {
        await terminal.out(`${JSON.stringify(JSON.parse(jsonSchema), null, 2)}\n`)
      }
    } else {
      const rows = chosen.map(({ kind: name, version, summary }) => [name, `v${version}`, summary])
      await terminal.out(table([['KIND', 'VERSION', 'WHAT'], ...rows]))
    }
    return EXIT.ok
  },
}
