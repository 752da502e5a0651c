import fc from 'fast-check'
import t from 'tap'
import { Catalog, type Page } from '../../../actors/catalog/catalog.ts'
import type { ListQuery } from '../../../actors/fleet.ts'
import { cursorOf, fits, newestFirst } from '../../../actors/catalog/listing.ts'
import { summaryOf } from '../../../actors/catalog/summary.ts'
import { shardOfProject } from '../../../actors/task/task-id.ts'
import { ENDED, type Task, type TaskState } from '../../../actors/task/task.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { FORMATS } from '../../../runtime/shard/formats.ts'
import { listingKey } from '../../../runtime/shard/keys.ts'
import { encodeValue } from '../../../runtime/storage/format.ts'
import { MemoryHighWater } from '../../../runtime/storage/high-water.ts'
import { MemoryEngine } from '../../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../../runtime/storage/safe-store.ts'
import { idOf, taskOf } from '../task-of.ts'

const PROJECTS = ['p', 'q'] as const
const SHARDS = PROJECTS.map(shardOfProject)

/** A catalog, its history, and the tasks that both were told of. */
class CatalogBench {
  readonly clock = new VirtualClock()
  readonly store: SafeStore
  readonly catalog: Catalog
  readonly tasks = new Map<string, Task>()

  constructor() {
    const { clock } = this
    const engine = new MemoryEngine(clock)
    const failed = (error: unknown): never => {
      throw error
    }
    this.store = new SafeStore({
      engine,
      highWater: new MemoryHighWater(),
      clock,
      name: 'cold',
      failed,
    })
    this.store.open(() => undefined)
    clock.advance(10)
    this.catalog = new Catalog({ cold: this.store })
  }

  put(task: Task): void {
    this.catalog.changed(task.id, this.tasks.get(task.id), task)
    this.tasks.set(task.id, task)
  }

  /** Into history, as the rows of a shard are written there. */
  archive(task: Task): void {
    const value = encodeValue(FORMATS.summary, summaryOf(task))
    const key = listingKey(shardOfProject(task.project), task.updatedMs, task.id)
    this.store.write([{ type: 'put', key, value }])
    this.clock.advance(5)
    this.tasks.set(task.id, task)
  }

  /** A new life of the node: only what lives is in memory. */
  restarted(): void {
    const catalog = new Catalog({ cold: this.store })
    for (const project of PROJECTS) {
      const own = [...this.tasks.values()].filter((task) => task.project === project)
      const live = own.filter(({ state }) => !ENDED.has(state))
      const ended: Partial<Record<TaskState, number>> = {}
      for (const { state } of own) if (ENDED.has(state)) ended[state] = (ended[state] ?? 0) + 1
      catalog.led(shardOfProject(project), live, ended)
    }
    Object.assign(this, { catalog })
  }

  page(query: Partial<ListQuery> = {}): Page {
    const result: { page?: Page } = {}
    const shards = query.project === undefined ? SHARDS : [shardOfProject(query.project)]
    this.catalog.list({ limit: 50, ...query }, shards, (page) => {
      if (page instanceof Error) throw page
      result.page = page
    })
    this.clock.advance(100)
    if (!result.page) throw new Error('the list is not answered')
    return result.page
  }

  /** All pages, one after the other; `between` runs after each. */
  all(query: Partial<ListQuery> = {}, between: () => void = () => undefined): string[] {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = this.page({ ...query, ...(cursor === undefined ? {} : { cursor }) })
      ids.push(...page.tasks.map(({ id }) => id))
      cursor = page.cursor
      between()
    } while (cursor !== undefined)
    return ids
  }

  /** What the list is, said without an index. */
  expected(query: Partial<ListQuery> = {}): string[] {
    return [...this.tasks.values()]
      .filter(({ project, state, spec }) => fits(query, project, state, spec.labels))
      .sort(newestFirst)
      .map(({ id }) => id)
  }
}

const task = fc
  .record({
    number: fc.nat(40),
    project: fc.constantFrom(...PROJECTS),
    updatedMs: fc.integer({ min: 1, max: 12 }).map((moment) => moment * 1_000),
    state: fc.constantFrom<TaskState>('available', 'executing', 'completed', 'failed'),
    labels: fc.constantFrom([], ['x'], ['x', 'y']),
  })
  .map(({ number, project, labels, ...rest }) =>
    taskOf({ ...rest, id: idOf(number, project), project, spec: { labels } }),
  )
const tasks = fc.uniqueArray(task, { selector: ({ id }) => id, maxLength: 40 })
const query = fc.record(
  {
    project: fc.constantFrom(...PROJECTS),
    states: fc.constantFrom<readonly TaskState[]>(['failed'], ['available', 'completed']),
    label: fc.constantFrom('x', 'y', 'z'),
    limit: fc.constantFrom(1, 2, 7, 200),
  },
  { requiredKeys: ['limit'], noNullPrototype: true },
)

/** Live ones in memory; ended ones in memory, in history or in both. */
function benchOf(all: readonly Task[], restarts: boolean): CatalogBench {
  const bench = new CatalogBench()
  for (const [at, each] of all.entries()) {
    bench.put(each)
    if (ENDED.has(each.state) && (restarts || at % 2 === 0)) bench.archive(each)
  }
  if (restarts) bench.restarted()
  return bench
}

t.test(
  'all pages together are a plain sorted list, in memory, in history and after a restart',
  async () => {
    fc.assert(
      fc.property(tasks, query, fc.boolean(), (all, asked, restarts) => {
        const bench = benchOf(all, restarts)
        return String(bench.all(asked)) === String(bench.expected(asked))
      }),
      { numRuns: 200 },
    )
  },
)

t.test(
  'what does not change while pages are read is in them once, whatever else does',
  async () => {
    fc.assert(
      fc.property(tasks, fc.constantFrom(1, 2, 5), fc.boolean(), (all, limit, restarts) => {
        const bench = benchOf(all, restarts)
        const still = bench.expected().filter((_, at) => at % 3 !== 0)
        let atMs = 100_000
        const change = (): void => {
          const moved = [...bench.tasks.values()].find(({ id }) => !still.includes(id))
          if (moved) bench.put({ ...moved, updatedMs: (atMs += 1_000) })
          bench.put(taskOf({ id: idOf(atMs, 'q'), project: 'q', updatedMs: atMs }))
        }
        const seen = bench.all({ limit }, change)
        const once = seen.filter((id) => still.includes(id))
        return String(once) === String(still) && new Set(seen).size === seen.length
      }),
      { numRuns: 200 },
    )
  },
)

t.test('a page says where the next begins, and the last says nothing', async (t) => {
  const bench = new CatalogBench()
  for (let number = 1; number <= 5; number++)
    bench.put(taskOf({ id: idOf(number), updatedMs: number }))
  const first = bench.page({ limit: 3 })
  t.same(
    first.tasks.map(({ id }) => id),
    [5, 4, 3].map((number) => idOf(number)),
  )
  t.equal(first.cursor, cursorOf({ id: idOf(3), updatedMs: 3 }))
  const second = bench.page({ limit: 3, cursor: first.cursor ?? '' })
  t.equal(second.tasks.length, 2)
  t.equal(second.cursor, undefined)
  t.throws(() => bench.page({ cursor: 'nonsense' }), { code: 'INVALID_ARGUMENT' })
})

t.test(
  'a filter that fits little ends a page early, with a cursor, and finds all in the end',
  async (t) => {
    const bench = new CatalogBench()
    const ops = Array.from({ length: 25_000 }, (_, number) => {
      const labels = number % 8_000 === 0 ? ['rare'] : []
      const ended = taskOf({ id: idOf(number), state: 'completed', updatedMs: number, spec: {} })
      const rare = { ...ended, spec: { ...ended.spec, labels } }
      bench.tasks.set(rare.id, rare)
      const value = encodeValue(FORMATS.summary, summaryOf(rare))
      return { type: 'put', key: listingKey(SHARDS[0] ?? 0, number, rare.id), value } as const
    })
    bench.store.write(ops)
    bench.clock.advance(100)
    const elsewhere = taskOf({ id: idOf(1, 'q'), project: 'q', updatedMs: 3, state: 'completed' })
    bench.archive({ ...elsewhere, spec: { ...elsewhere.spec, labels: ['rare'] } })
    bench.restarted()
    const first = bench.page({ label: 'rare' })
    t.same(
      first.tasks.map(({ id }) => id),
      [24_000, 16_000].map((number) => idOf(number)),
    )
    t.equal(first.cursor, cursorOf({ id: idOf(15_000), updatedMs: 15_000 }))
    t.same(bench.all({ label: 'rare' }), bench.expected({ label: 'rare' }))
  },
)

t.test('history is looked for only where there is any', async (t) => {
  const bench = new CatalogBench()
  bench.archive(taskOf({ id: idOf(1), state: 'completed', updatedMs: 1 }))
  t.same(bench.page().tasks, [], 'nobody said that there is history')
  bench.restarted()
  t.equal(bench.page().tasks.length, 1)
})

t.test('an ended task that changes again is shown where it is now', async (t) => {
  const bench = new CatalogBench()
  const old = taskOf({ id: idOf(1), state: 'failed', updatedMs: 1_000 })
  bench.archive(old)
  bench.archive(taskOf({ id: idOf(2), state: 'failed', updatedMs: 2_000 }))
  bench.restarted()
  bench.put({ ...old, updatedMs: 3_000, retriedAs: idOf(9) })
  t.same(bench.all({ limit: 1 }), [idOf(1), idOf(2)])
})

t.test('counts() counts what was told, history included, and forgets with the shard', async (t) => {
  const bench = new CatalogBench()
  const counts = (): object => Object.fromEntries(bench.catalog.counts())
  bench.catalog.led(SHARDS[0] ?? 0, [taskOf({ id: idOf(1) })], { completed: 7 })
  bench.tasks.set(idOf(1), taskOf({ id: idOf(1) }))
  t.match(counts(), { available: 1, completed: 7 })
  bench.put(taskOf({ id: idOf(1), state: 'executing' }))
  bench.put(taskOf({ id: idOf(2, 'q'), project: 'q' }))
  t.match(counts(), { available: 1, executing: 1, completed: 7 })
  const ended = taskOf({ id: idOf(1), state: 'completed' })
  bench.put(ended)
  t.match(counts(), { executing: 0, completed: 8 })
  bench.catalog.changed(idOf(1), ended, undefined)
  t.match(counts(), { completed: 7 })
  t.equal(bench.catalog.get(idOf(1)), undefined)
  bench.catalog.left(SHARDS[0] ?? 0)
  t.same(counts(), { available: 1 })
  t.same(bench.page().tasks.length, 1)
})

t.test('memory keeps the newest 10,000 of those that have ended', async (t) => {
  const bench = new CatalogBench()
  for (let number = 1; number <= 10_001; number++)
    bench.put(taskOf({ id: idOf(number), state: 'completed', updatedMs: number }))
  t.equal(bench.catalog.get(idOf(1)), undefined)
  t.ok(bench.catalog.get(idOf(2)))
})

t.test('watch() tells of each change that fits, until it is closed', async (t) => {
  const bench = new CatalogBench()
  const heard: string[] = []
  const listen = (filter: object, name: string) =>
    bench.catalog.watch(filter, ({ id, state }) =>
      heard.push(`${name} ${id === idOf(1) ? 1 : 2} ${state}`),
    )
  const all = listen({}, 'all')
  listen({ project: 'q' }, 'q')
  listen({ ids: [idOf(1)] }, 'one')
  bench.put(taskOf({ id: idOf(1) }))
  bench.put(taskOf({ id: idOf(2, 'q'), project: 'q' }))
  all.close()
  bench.put(taskOf({ id: idOf(1), state: 'executing' }))
  t.same(heard, [
    'all 1 available',
    'one 1 available',
    'all 2 available',
    'q 2 available',
    'one 1 executing',
  ])
})
