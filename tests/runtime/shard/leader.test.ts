import t from 'tap'
import type { ShardRow } from '../../../runtime/authority/topology.ts'
import { newLeader, step, type Leader, type LeaderInput } from '../../../runtime/shard/leader.ts'
import type { ShardMessage } from '../../../runtime/shard/messages.ts'
import { storeIdOf } from '../../../runtime/storage/store-id.ts'

const [a, b, c] = [storeIdOf('a'), storeIdOf('b'), storeIdOf('c')] as const
const shard = 9
const epoch = 4

function rowOf(stores: ShardRow['replicas'], status: ShardRow['status'] = 'recovering'): ShardRow {
  return { epoch, status, leader: a, leaderBoot: 2, replicas: stores, previous: stores }
}

function hear(from: typeof a, message: object): LeaderInput {
  return { type: 'message', from, message: { shard, epoch, ...message } as ShardMessage }
}

function run(leader: Leader, ...inputs: LeaderInput[]): readonly [Leader, string[]] {
  const told: string[] = []
  for (const input of inputs) {
    const [next, effects] = step(leader, input)
    leader = next
    for (const effect of effects) {
      told.push(
        effect.type === 'send'
          ? `${effect.outgoing.message.type} ${effect.outgoing.to}`
          : effect.type,
      )
    }
  }
  return [leader, told]
}

const sealed = (last = 0, normal = 1) => ({ type: 'sealed', normal, last, base: 0, applied: 0 })

/** An active leader of `stores`. */
function activeOf(stores: ShardRow['replicas']): Leader {
  const majority = stores.slice(0, Math.floor(stores.length / 2) + 1)
  return run(
    newLeader(shard, a, rowOf(stores)),
    { type: 'started' },
    ...majority.map((store) => hear(store, sealed())),
    ...majority.map((store) => hear(store, { type: 'installed', last: 0 })),
    { type: 'row', row: rowOf(stores, 'active') },
  )[0]
}

t.test('step() goes from seal to active alone, as it does with others', async (t) => {
  const [leader, told] = run(
    newLeader(shard, a, rowOf([a])),
    { type: 'started' },
    hear(a, sealed(7)),
    hear(a, { type: 'installed', last: 7 }),
    { type: 'row', row: rowOf([a], 'active') },
  )
  t.equal(leader.phase, 'active')
  t.same(told, ['seal a', 'install', 'activate', 'active'])
})

t.test('step() waits for a majority of the last active set, whoever else answers', async (t) => {
  const row = { ...rowOf([a, b, c]), previous: [a, b] }
  const [, told] = run(
    newLeader(shard, a, row),
    hear(a, sealed()),
    hear(c, sealed()),
    hear(a, sealed()),
  )
  t.same(told, [], 'one of two is no majority, and c was not in the set')
  t.equal(
    run(newLeader(shard, a, row), hear(a, sealed()), hear(b, sealed()))[0].phase,
    'installing',
  )
})

t.test('step() installs at a majority before it asks to be active', async (t) => {
  const [leader, told] = run(
    newLeader(shard, a, rowOf([a, b, c])),
    hear(a, sealed()),
    hear(b, sealed()),
    hear(a, { type: 'installed', last: 0 }),
    hear(a, { type: 'installed', last: 0 }),
  )
  t.equal(leader.phase, 'installing')
  t.same(told, ['install'])
})

t.test('step() commits what a majority has on disk, and never goes back', async (t) => {
  const appended = (last: number) => ({ type: 'appended', last })
  const [three] = run(activeOf([a, b, c]), hear(a, appended(5)))
  t.equal(three.commit, 0)
  const [two, told] = run(three, hear(b, appended(3)), hear(b, appended(2)))
  t.equal(two.commit, 3)
  t.same(told, ['committed'])
  t.equal(run(activeOf([a]), hear(a, appended(5)))[0].commit, 5, 'alone, itself is the majority')
})

t.test('step() answers a confirmation only with answers to the newest round', async (t) => {
  const confirmed = (round: number) => ({ type: 'confirmed', round })
  const [, told] = run(
    activeOf([a, b, c]),
    { type: 'confirming' },
    hear(a, confirmed(1)),
    { type: 'confirming' },
    hear(b, confirmed(1)),
    hear(b, confirmed(2)),
    hear(b, confirmed(2)),
    hear(a, confirmed(2)),
  )
  t.same(told.filter((word) => word === 'confirmed').length, 1)
})

t.test('step() ends for good at a newer epoch, a refusal or a bug above', async (t) => {
  const ends: LeaderInput[] = [
    { type: 'row', row: { ...rowOf([a], 'active'), epoch: epoch + 1 } },
    { type: 'row', row: { ...rowOf([a], 'active'), leaderBoot: 3 } },
    hear(a, { type: 'refused', promised: epoch + 1 }),
    { type: 'broken' },
  ]
  for (const input of ends) {
    const [leader, told] = run(activeOf([a]), input, hear(a, { type: 'appended', last: 9 }))
    t.equal(leader.phase, 'ended')
    t.same(told, ['ended'], 'and nothing is committed after')
  }
})

t.test('step() ignores messages of other epochs', async (t) => {
  const leader = newLeader(shard, a, rowOf([a]))
  const late = {
    type: 'message',
    from: a,
    message: { ...sealed(), shard, epoch: 3 } as ShardMessage,
  } as const
  t.same(step(leader, late), [leader, []])
})
