/** A node program to be frozen: starts one terminal and says its process id. */
import type { TerminalSpec } from '../../../actors/terminals.ts'
import { createHolderClient } from '../../../node/holder/client.ts'

const [data = '', store = '', spec = ''] = process.argv.slice(2)
const parsed = JSON.parse(spec) as TerminalSpec
const client = createHolderClient({ data, store, build: 'test' })
client.onState((state) => {
  if (state === 'lost') return
  client.start(parsed, () => {
    client.list((held) => {
      for (const each of held ?? []) if (each.type === 'running') console.log(each.pid)
    })
  })
})
