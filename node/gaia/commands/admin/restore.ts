import { resolve } from 'node:path'
import type { Command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { formatBytes, jsonLine } from '../../print.ts'

export const adminRestore: Command = {
  name: 'admin restore',
  operands: '<from> <dir>',
  summary: 'make a new store of a backup, without a node',
  examples: ['gaia admin restore /backup/monday ~/.architect-restored'],
  notes: `FROM is a backup, or the data directory of a node that is stopped; it is only read. DIR has to be
empty or not there. Every value is checked. The new store has an id of its own, so the old one must
not be started beside it: start the new one with architect --data DIR. Tasks that ran at the time of
the backup are treated as lost: they run again, or wait for a person if they say so.`,

  async run({ operands: [from = '', to = ''] }, { terminal, json, workingDirectory }) {
    const { restoreStore } = await import('../../../store/restore.ts')
    const directory = resolve(workingDirectory, to)
    const { entries, bytes, storeId } = await restoreStore(
      resolve(workingDirectory, from),
      directory,
    )
    await terminal.out(
      json
        ? jsonLine({ directory, storeId, entries, bytes })
        : `${entries} entries, ${formatBytes(bytes)}, in ${directory}\n` +
            `Start it with: architect --data ${directory}\n`,
    )
    return EXIT.ok
  },
}
