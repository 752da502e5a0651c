import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { holderDirectory, socketPath } from '../../../node/holder/ledger.ts'
import { Link } from '../../../node/holder/link.ts'

t.test('ask() on a broken link is answered after its owner knows that it broke', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'holder-'))
  t.teardown(() => rmSync(data, { recursive: true }))
  mkdirSync(holderDirectory(data), { recursive: true })
  const server = createServer().listen(socketPath(data, 1))
  t.teardown(() => server.close())
  await once(server, 'listening')

  const order: string[] = []
  const link = new Link(
    {
      data,
      generation: 1,
      store: 'S',
      silentMs: 5_000,
      exited: () => {},
      closed: () => order.push('closed'),
    },
    () => {},
  )
  await once(server, 'connection')
  link.close()
  await new Promise<void>((answered) => {
    link.ask({ type: 'list' }, () => {
      order.push('answered')
      answered()
    })
  })
  link.ask({ type: 'list' }, () => order.push('answered'))
  await Promise.resolve()
  t.same(order, ['closed', 'answered', 'answered'], 'and at once from then on')
})
