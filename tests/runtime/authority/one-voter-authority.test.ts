import t from 'tap'
import { OneVoterAuthority } from '../../../runtime/authority/one-voter-authority.ts'
import { topologyOp } from '../../../runtime/authority/stored-topology.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { MemoryHighWater } from '../../../runtime/storage/high-water.ts'
import { MemoryEngine } from '../../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../../runtime/storage/safe-store.ts'
import {
  authorityContract,
  FIRST,
  nextOf,
  readOf,
  setOf,
  type AuthorityWorld,
} from '../../contracts/authority.contract.ts'

/** A voter's disk, and the lives that read it. */
function diskOf() {
  const clock = new VirtualClock()
  const engine = new MemoryEngine(clock)
  const highWater = new MemoryHighWater()
  const failures: unknown[] = []
  const open = (): SafeStore => {
    const failed = (error: unknown): void => void failures.push(error)
    const store = new SafeStore({ engine, highWater, clock, name: 'hot', failed })
    store.open(() => undefined)
    clock.advance(10)
    return store
  }
  const life = (): AuthorityWorld => ({
    authority: new OneVoterAuthority({ store: open() }),
    settle: async () => clock.advance(20),
    again: async () => {
      engine.crash()
      return life()
    },
  })
  return { clock, engine, open, life, failures }
}

async function worldOf(): Promise<AuthorityWorld> {
  const disk = diskOf()
  disk.open().write([topologyOp(FIRST)])
  disk.clock.advance(10)
  return disk.life()
}

authorityContract(t, worldOf)

t.test('a store without a topology is refused', async (t) => {
  t.throws(() => new OneVoterAuthority({ store: diskOf().open() }), {
    ...{ code: 'STORE_REFUSED', message: 'Cannot start: the store holds no topology' },
  })
})

t.test('when the disk fails, nobody can say what was decided', async (t) => {
  const disk = diskOf()
  disk.open().write([topologyOp(FIRST)])
  disk.clock.advance(10)
  const world = disk.life()
  disk.engine.failNext()
  t.equal(await setOf(world, 1, nextOf(FIRST, 7)), 'unknown')
  t.same(await readOf(world), FIRST, 'and nothing is shown that may not be on disk')
})

t.test('a revision follows the one that it replaces', async (t) => {
  const { authority } = await worldOf()
  const skipped = { ...FIRST, revision: 3 }
  t.throws(() => authority.compareAndSet(1, skipped, () => undefined), /a revision follows/)
})
