import { connected, type Command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { jsonLine } from '../../print.ts'
import { parseReceipt } from '../../receipt.ts'

export const adminVerify: Command = {
  name: 'admin verify',
  operands: '<receipt>',
  summary: 'whether a receipt was given: true, false, or unknown if it is too old',
  examples: ['gaia admin verify 7/1/42/3f6c…'],
  notes: `A receipt is shard/epoch/index/hash, as the answer to a submit has it (gaia run --detach --json). A
shard can tell of its newest 131,072 entries. Exit codes: 0 for true, 1 for false and unknown.`,

  async run({ operands: [text = ''] }, context) {
    const { terminal, json } = context
    const receipt = parseReceipt(text)
    const { verdict } = await connected(context, (client) => client.call('VerifyReceipt', receipt))
    await terminal.out(json ? jsonLine({ receipt, verdict }) : `${verdict}\n`)
    return verdict === 'true' ? EXIT.ok : EXIT.failed
  },
}
