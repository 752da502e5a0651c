import t from 'tap'
import { GENESIS_HASH, type Entry } from '../../../../runtime/shard/entry.ts'
import {
  emptyReplica,
  lastIndex,
  step,
  truncated,
} from '../../../../runtime/shard/replica/replica.ts'

const genesis = { index: 0, hash: GENESIS_HASH }
const shard = 3

function entriesOf(epoch: number, ...indexes: number[]): Entry[] {
  return indexes.map((index) => {
    const bytes = Uint8Array.of(epoch, index)
    return { index, epoch, bytes, hash: new Uint8Array(32).fill(index) }
  })
}

/** A copy that took the install of epoch 2 with entries 1 to `last`. */
function replicaAt(last: number) {
  const entries = entriesOf(2, ...Array.from({ length: last }, (_, at) => at + 1))
  const message = { type: 'install', shard, epoch: 2, base: genesis, entries } as const
  return step(emptyReplica(shard, genesis), message)[0]
}

t.test('step() promises the epoch of a seal, and says how far the copy goes', async (t) => {
  const [sealed, effect] = step(replicaAt(2), { type: 'seal', shard, epoch: 5 })
  t.equal(sealed.promised, 5)
  t.equal(effect?.write?.type, 'meta', 'the promise is on disk before it is told')
  t.match(effect?.reply, { type: 'sealed', epoch: 5, normal: 2, last: 2 })
})

t.test('step() says the same to a seal that comes twice', async (t) => {
  const [once, first] = step(replicaAt(2), { type: 'seal', shard, epoch: 5 })
  const [, second] = step(once, { type: 'seal', shard, epoch: 5 })
  t.same(second, first)
})

t.test('step() refuses whatever is older than its promise', async (t) => {
  const [sealed] = step(replicaAt(2), { type: 'seal', shard, epoch: 5 })
  const late = [
    { type: 'seal', shard, epoch: 4 },
    { type: 'install', shard, epoch: 4, base: genesis, entries: [] },
    { type: 'append', shard, epoch: 2, entries: entriesOf(2, 3), commit: 0 },
    { type: 'confirm', shard, epoch: 2, round: 1 },
  ] as const
  for (const message of late) {
    const [after, effect] = step(sealed, message)
    t.equal(after, sealed, `${message.type}: nothing changes`)
    t.match(effect?.reply, { type: 'refused', promised: 5 })
  }
})

t.test('step() takes an append only in the epoch whose install it took', async (t) => {
  const [sealed] = step(replicaAt(2), { type: 'seal', shard, epoch: 5 })
  const append = { type: 'append', shard, epoch: 5, entries: entriesOf(5, 3), commit: 0 } as const
  t.equal(step(sealed, append)[1], undefined, 'sealed, not installed')
})

t.test('step() ignores an append beyond a gap, and repeats the answer to one it has', async (t) => {
  const replica = replicaAt(2)
  const gap = { type: 'append', shard, epoch: 2, entries: entriesOf(2, 4), commit: 0 } as const
  t.same(step(replica, gap), [replica, undefined])

  const next = { type: 'append', shard, epoch: 2, entries: entriesOf(2, 3, 4), commit: 0 } as const
  const [longer, effect] = step(replica, next)
  t.equal(lastIndex(longer), 4)
  t.match(effect, { write: { type: 'entries' }, reply: { type: 'appended', last: 4 } })

  const [same, again] = step(longer, next)
  t.equal(lastIndex(same), 4)
  t.same(again?.write, { type: 'entries', entries: [] }, 'it waits for the write before it')
  t.match(again?.reply, { type: 'appended', last: 4 })
})

t.test('step() replaces the log by an install, from the applied index on', async (t) => {
  const applied = truncated(replicaAt(3), 2)
  const entries = entriesOf(7, 3, 4)
  const base = { index: 2, hash: new Uint8Array(32).fill(2) }
  const [installed, effect] = step(applied, { type: 'install', shard, epoch: 7, base, entries })
  t.equal(installed.normal, 7)
  t.same(
    installed.tail.map(({ epoch }) => epoch),
    [7, 7],
  )
  t.match(effect, { write: { type: 'log' }, reply: { type: 'installed', last: 4 } })
})

t.test('step() writes only its numbers when the chosen log is the one it has', async (t) => {
  const replica = replicaAt(3)
  const { base, tail } = replica
  const message = { type: 'install', shard, epoch: 3, base, entries: tail } as const
  t.equal(step(replica, message)[1]?.write?.type, 'meta')
})

t.test('step() stops at an install that would take back what is applied', async (t) => {
  const applied = truncated(replicaAt(3), 3)
  const short = {
    type: 'install',
    shard,
    epoch: 7,
    base: genesis,
    entries: entriesOf(7, 1),
  } as const
  t.throws(() => step(applied, short), /holds everything that this copy has applied/)
})

t.test('truncated() keeps the chain: the hash before the tail becomes the base', async (t) => {
  const replica = truncated(replicaAt(4), 3)
  t.same(replica.base, { index: 3, hash: new Uint8Array(32).fill(3) })
  t.same(
    replica.tail.map(({ index }) => index),
    [4],
  )
  t.throws(() => truncated(replica, 2), /never go back/)
  t.throws(() => truncated(replica, 5), /only what the log held/)
})
