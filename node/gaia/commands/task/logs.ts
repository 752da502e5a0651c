import { StringDecoder } from 'node:string_decoder'
import type { Command, Context } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { enduring } from '../../follow/follow-task.ts'
import { jsonLine } from '../../print.ts'

export const taskLogs: Command = {
  name: 'task logs',
  operands: '<id>',
  summary: 'the output of a task, from its first byte',
  options: [
    { flags: '-f, --follow', summary: 'go on until the attempt ends, through losses of the node' },
    { flags: '--attempt <n>', summary: 'of this attempt (default: the newest)' },
    { flags: '--from <offset>', summary: 'from this byte on (default: 0)' },
  ],
  examples: ['gaia task logs t07-01JD…', 'gaia task logs --follow t07-01JD…'],

  async run(given, context) {
    const [id = ''] = given.operands
    const attempt = given.count('attempt', 1, Number.MAX_SAFE_INTEGER)
    let offset = given.count('from', 0, Number.MAX_SAFE_INTEGER) ?? 0
    const follow = given.flag('follow')
    const write = writer(context)
    await enduring(
      { context, notices: notices(context), reached: false },
      async (client, going) => {
        const which = attempt === undefined ? {} : { attempt }
        const parts = client.stream('FollowOutput', { id, ...which, fromOffset: offset, follow })
        for await (const { bytes } of parts) {
          going()
          if (!bytes) continue
          await write(bytes.chunk, bytes.offset)
          offset = bytes.offset + bytes.chunk.length
        }
      },
    )
    return EXIT.ok
  },
}

function writer({ terminal, json }: Context): (chunk: Uint8Array, offset: number) => Promise<void> {
  if (!json) return (chunk) => terminal.out(chunk)
  const decoder = new StringDecoder('utf8')
  return (chunk, offset) => {
    const text = decoder.write(Buffer.from(chunk))
    return terminal.out(jsonLine({ event: 'task.output', offset, bytes: chunk.length, text }))
  }
}

function notices({ terminal }: Context) {
  return {
    lost: (failure: Error) => terminal.note(`gaia: ${failure.message}; waiting for it`),
    found: () => terminal.note('gaia: the node is back'),
  }
}
