/** What every form of the authority must do. */
import type t from 'tap'
import type { Authority, Verdict } from '../../runtime/authority/authority.ts'
import type { Topology } from '../../runtime/authority/topology.ts'
import { firstTopology } from '../../runtime/placement/first-topology.ts'
import { storeIdOf } from '../../runtime/storage/store-id.ts'

export interface AuthorityWorld {
  readonly authority: Authority
  /** Lets time pass until what was asked is answered. */
  settle(): Promise<void>
  /** The same register, as another life of its voters has it. */
  again(): Promise<AuthorityWorld>
}

/** The document that every world begins with. */
export const FIRST = firstTopology('c', storeIdOf('01STORE'), {
  ...{ node: 'n', address: '', boot: 0, bootId: 'b0', status: 'up', keyHash: '' },
})

export function nextOf(topology: Topology, level: number): Topology {
  return { ...topology, level, revision: topology.revision + 1 }
}

export async function readOf({ authority, settle }: AuthorityWorld): Promise<Topology> {
  const result: { read?: Topology } = {}
  authority.read((answer) => {
    if (answer instanceof Error) throw answer
    result.read = answer
  })
  await settle()
  if (!result.read) throw new Error('the read is not answered')
  return result.read
}

export async function setOf(
  world: AuthorityWorld,
  expected: number,
  next: Topology,
): Promise<Verdict> {
  const result: { verdict?: Verdict } = {}
  world.authority.compareAndSet(expected, next, (verdict) => {
    result.verdict = verdict
  })
  await world.settle()
  if (!result.verdict) throw new Error('the compare-and-set is not answered')
  return result.verdict
}

export function authorityContract(test: typeof t, worldOf: () => Promise<AuthorityWorld>): void {
  test.test('it begins with the topology of the cluster', async (t) => {
    t.same(await readOf(await worldOf()), FIRST)
  })

  test.test('what is decided is read, and stays over a restart', async (t) => {
    const world = await worldOf()
    const next = nextOf(FIRST, 7)
    t.equal(await setOf(world, 1, next), 'decided')
    t.same(await readOf(world), next)
    t.same(await readOf(await world.again()), next)
  })

  test.test('one of two that replace the same revision is overtaken', async (t) => {
    const world = await worldOf()
    t.equal(await setOf(world, 1, nextOf(FIRST, 7)), 'decided')
    t.equal(await setOf(world, 1, nextOf(FIRST, 8)), 'overtaken')
    t.equal((await readOf(world)).level, 7)
  })

  test.test('a revision that is not there yet cannot be replaced', async (t) => {
    const world = await worldOf()
    t.not(await setOf(world, 5, { ...FIRST, revision: 6 }), 'decided')
    t.same(await readOf(world), FIRST)
  })

  test.test('of several at once at most one is decided, and what is read is that', async (t) => {
    const world = await worldOf()
    const verdicts: string[] = []
    for (const level of [7, 8, 9]) {
      world.authority.compareAndSet(1, nextOf(FIRST, level), (verdict) => {
        verdicts.push(`${level} ${verdict}`)
      })
    }
    await world.settle()
    const decided = verdicts.filter((each) => each.endsWith('decided'))
    t.equal(verdicts.length, 3)
    t.equal(decided.length, 1)
    t.equal((await readOf(world)).level, Number(decided[0]?.[0]))
  })

  test.test('a watcher hears of the newest first, then of each newer one in order', async (t) => {
    const world = await worldOf()
    const heard: number[] = []
    world.authority.watch(({ revision }) => heard.push(revision))
    await world.settle()
    let topology = FIRST
    for (const level of [7, 8, 9]) {
      topology = nextOf(topology, level)
      await setOf(world, topology.revision - 1, topology)
    }
    t.equal(heard[0], 1)
    t.equal(heard.at(-1), 4)
    t.same(heard, [...new Set(heard)].sort(), 'some may be left out, none comes twice')
  })
}
