import { resolve } from 'node:path'
import { connected, type Command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { formatBytes, jsonLine } from '../../print.ts'

export const adminBackup: Command = {
  name: 'admin backup',
  operands: '<dir>',
  summary: "copy the node's store into a new directory, while it runs",
  examples: ['gaia admin backup /backup/monday'],
  notes: `The directory is one of the node's machine; it has to be empty or not there. To make a store
of it: gaia admin restore DIR NEW.`,

  async run({ operands: [given = ''] }, context) {
    const { terminal, json } = context
    const directory = resolve(context.workingDirectory, given)
    await connected(context, async (client) => {
      for await (const { copiedBytes, totalBytes, done } of client.stream('Backup', {
        directory,
      })) {
        if (json) await terminal.out(jsonLine({ copiedBytes, totalBytes, done }))
        else if (done) await terminal.out(`${formatBytes(copiedBytes)} in ${directory}\n`)
        else terminal.progress(`${formatBytes(copiedBytes)} of ${formatBytes(totalBytes)}`)
      }
    })
    return EXIT.ok
  },
}
