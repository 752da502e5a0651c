import t from 'tap'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { storeIdOf } from '../../../runtime/storage/store-id.ts'
import { Loopback } from '../../../runtime/transport/loopback.ts'

const self = storeIdOf('01SELF')

function loopbackOf() {
  const clock = new VirtualClock()
  const loopback = new Loopback(self, clock)
  const heard: unknown[] = []
  loopback.receive((from, { to, body }) => heard.push([from, to, body]))
  return { clock, loopback, heard }
}

t.test('messages arrive in order, later, and never from within send()', async (t) => {
  const { clock, loopback, heard } = loopbackOf()
  for (const body of [1, 2, 3]) loopback.send(self, { to: 'shard', body })
  t.same(heard, [])
  clock.advance(0)
  t.same(
    heard,
    [1, 2, 3].map((body) => [self, 'shard', body]),
  )
})

t.test('what a message causes goes out in the same turn', async (t) => {
  const { clock, loopback } = loopbackOf()
  const order: number[] = []
  loopback.receive((_from, { body }) => {
    order.push(Number(body))
    if (Number(body) < 3) loopback.send(self, { to: 'x', body: Number(body) + 1 })
  })
  clock.defer(() => order.push(99))
  loopback.send(self, { to: 'x', body: 1 })
  clock.step()
  clock.step()
  t.same(order, [99, 1, 2, 3])
})

t.test('a conversation without end lets others have their turn', async (t) => {
  const { clock, loopback } = loopbackOf()
  let count = 0
  loopback.receive(() => {
    count += 1
    loopback.send(self, { to: 'x', body: 0 })
  })
  loopback.send(self, { to: 'x', body: 0 })
  clock.step()
  t.equal(count, 4_096)
  let others = 0
  clock.defer(() => (others += 1))
  clock.step()
  clock.step()
  t.equal(others, 1)
})

t.test('a node without peers sends to nobody else', async (t) => {
  const { loopback } = loopbackOf()
  t.throws(() => loopback.send(storeIdOf('02OTHER'), { to: 'x', body: 0 }), /only to itself/)
})
