import t from 'tap'
import { readCredential } from '../../node/local-access.ts'
import { bearer, clientOf, failureOf, type Message } from '../node/admin/door-of.ts'
import { architectOf } from './architect-of.ts'

t.test('the admin door of a real node', async (t) => {
  const node = await architectOf()
  t.teardown(() => node.remove())
  const client = clientOf(node.ready.admin)
  t.teardown(() => client.close())
  const local = bearer(await readCredential(node.directory))

  t.test('a token does what its role may, and ends when it is revoked', async (t) => {
    const made = await client.unary('CreateToken', { name: 'e2e', role: 'operator' }, local)
    const token = bearer(String(made['secret']))
    t.match(await client.unary('GetStatus', {}, token), { node: 'one' })
    t.equal((await failureOf(client.unary('ListTokens', {}, token))).code, 7)
    await client.unary('RevokeToken', { id: (made['token'] as { readonly id: string }).id }, local)
    t.equal((await failureOf(client.unary('GetStatus', {}, token))).code, 16)
  })

  t.test('1,000 tasks submitted on one stream are each acknowledged once, durably', async (t) => {
    const stream = client.exchange('Submit', local)
    const replies: Message[] = []
    const done = new Promise<void>((resolve, reject) => {
      stream.on('data', (frame: { readonly replies: readonly Message[] }) => {
        replies.push(...frame.replies)
      })
      stream.on('end', resolve)
      stream.on('error', reject)
    })
    const later = Date.now() + 3_600_000
    for (let at = 0; at < 1_000; at += 50) {
      const requests = Array.from({ length: 50 }, (_, n) => ({
        request: at + n + 1,
        key: `e2e-${at + n}`,
        project: `p${(at + n) % 5}`,
        specs: [{ argv: ['true'], notBeforeMs: later, labels: ['waits'] }],
      }))
      stream.write({ requests })
    }
    stream.end()
    await done
    t.equal(new Set(replies.map(({ request }) => request)).size, 1_000)
    t.same(
      replies.filter(({ failure }) => failure !== null),
      [],
    )
    const ids = replies.flatMap(({ ids }) => ids as string[])
    t.equal(new Set(ids).size, 1_000)
    const [id] = ids
    t.match(await client.unary('GetTask', { id }, local), { id, state: 'scheduled' })
    const again = { key: 'e2e-0', project: 'p0', try: 2, specs: [{ argv: ['false'] }] }
    t.equal((await failureOf(client.unary('SubmitTask', again, local))).code, 6)
  })
})
