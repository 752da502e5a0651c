/** A node program to be frozen: starts one terminal and says its process id. */
import type { Held, TerminalSpec } from '../../../actors/terminals.ts'
import { createHolderClient } from '../../../node/holder/client.ts'

const [data, store = '', spec = ''] = process.argv.slice(2)
if (data) run(data)

function run(data: string): void {
  const parsed = JSON.parse(spec) as TerminalSpec
  const client = createHolderClient({ data, store, build: 'test' })
  client.onState((state) => {
    if (state === 'ready') client.start(parsed, () => client.list(sayRunning))
  })
}

function sayRunning(held: readonly Held[] | undefined): void {
  for (const each of held ?? []) if (each.type === 'running') console.log(each.pid)
}
