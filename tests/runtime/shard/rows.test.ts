import fc from 'fast-check'
import t from 'tap'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { goneRange, historyKey, listingRange, liveKey } from '../../../runtime/shard/keys.ts'
import type { DurableKind, Event } from '../../../runtime/shard/machine.ts'
import { Rows } from '../../../runtime/shard/rows.ts'
import { MemoryHighWater } from '../../../runtime/storage/high-water.ts'
import { MemoryEngine } from '../../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../../runtime/storage/safe-store.ts'
import type { Op } from '../../../runtime/storage/store.ts'

const SHARD = 3

type Changed = Event & { readonly by: number }
type Sum = { readonly sum: number; readonly events: number }

/** A sum of 10 and more is finished; an event by 0 removes the row. */
function added(row: Sum | undefined, { by }: Changed): Sum | undefined {
  return by === 0 ? undefined : { sum: (row?.sum ?? 0) + by, events: (row?.events ?? 0) + 1 }
}

const KINDS: Readonly<Record<string, DurableKind>> = {
  sum: {
    kind: 'sum',
    version: 1,
    fold: added,
    finished: ({ sum }) => sum >= 10,
    listed: ({ sum, events }) => ({ atMs: events, summary: sum }),
  } satisfies DurableKind<Sum, Changed> as DurableKind,
  seen: { kind: 'seen', version: 1, lookup: true, fold: added } satisfies DurableKind<
    Sum,
    Changed
  > as DurableKind,
  plain: { kind: 'plain', version: 1, fold: added } satisfies DurableKind<
    Sum,
    Changed
  > as DurableKind,
}

function event(kind: string, id: string, by: number): Changed {
  return { kind, id, type: 'changed', atMs: 0, by }
}

/** The last write of a flush before a crash. */
type Until = 'nothing' | 'cold' | 'hot' | 'all'

/** The rows of one shard over many lives, beside the log that they come from. */
class RowsBench {
  readonly clock = new VirtualClock()
  readonly hot = this.#open('hot')
  readonly cold = this.#open('cold')
  readonly log: (readonly Event[])[] = []
  readonly model = new Map<string, unknown>()
  applied = 0
  rows = this.#load()

  #open(name: string): SafeStore {
    const { clock } = this
    const failed = (error: unknown): never => {
      throw error
    }
    const engine = new MemoryEngine(clock)
    const store = new SafeStore({ engine, highWater: new MemoryHighWater(), clock, name, failed })
    store.open(() => undefined)
    clock.advance(10)
    return store
  }

  #load(): Rows {
    const { hot, cold } = this
    const rows = new Rows({ shard: SHARD, kinds: KINDS, hot, cold })
    rows.load((error) => {
      if (error) throw error
    })
    this.clock.advance(10)
    return rows
  }

  /** One entry, decided and committed. */
  commit(...events: readonly Event[]): void {
    this.log.push(events)
    this.rows.commit(this.rows.apply(events))
    for (const { kind, id, ...rest } of events) {
      const key = `${kind} ${id}`
      this.model.set(
        key,
        added(this.model.get(key) as Sum | undefined, { kind, id, ...rest } as Changed),
      )
    }
  }

  #write(store: SafeStore, ops: readonly Op[]): void {
    if (ops.length > 0) store.write(ops)
    this.clock.advance(5)
  }

  /** Writes what is dirty; a crash may come before each of the writes, or not at all. */
  flush(until: Until = 'all'): void {
    const applied = this.log.length
    const { cold, hot, deletions, flushed } = this.rows.flush(applied)
    if (until !== 'nothing') this.#write(this.cold, cold)
    if (until === 'nothing' || until === 'cold') return this.crash()
    this.#write(this.hot, hot)
    this.applied = applied
    if (until === 'hot') return this.crash()
    this.#write(this.cold, deletions)
    flushed()
  }

  /** The next life reads the rows, then the log after what they hold. */
  crash(): void {
    this.rows = this.#load()
    for (const [at, events] of this.log.entries())
      if (at >= this.applied) this.rows.replay(events, at + 1)
  }

  listed(): string[] {
    const keys: string[] = []
    this.cold.scan(
      listingRange(SHARD),
      (key) => void keys.push(key.slice(-1)),
      () => undefined,
    )
    this.clock.advance(5)
    return keys
  }
}

t.test('row() shows the whole log, whatever is flushed', async (t) => {
  const bench = new RowsBench()
  const show = (): unknown => bench.rows.row('sum', 'a')
  t.equal(show(), undefined)
  const changes = bench.rows.apply([event('sum', 'a', 4)])
  t.same(show(), { sum: 4, events: 1 }, 'decided')
  bench.rows.commit(changes)
  bench.log.push([event('sum', 'a', 4)])
  bench.flush()
  t.same(show(), { sum: 4, events: 1 }, 'flushed')
  bench.commit(event('sum', 'a', 6))
  t.same(show(), { sum: 10, events: 2 }, 'finished')
  t.same([...bench.rows.rows('sum')], [], 'and not among the live ones')
  bench.flush()
  t.same(show(), { sum: 10, events: 2 }, 'read from history')
})

t.test('flush() writes live rows hot, and finished ones cold under their final key', async (t) => {
  const bench = new RowsBench()
  bench.commit(event('sum', 'a', 4), event('sum', 'b', 12), event('seen', 'c', 1))
  t.equal(bench.rows.dirtyCount, 3)
  bench.flush()
  t.equal(bench.rows.dirtyCount, 0)
  t.ok(bench.hot.get(liveKey(SHARD, 'sum', 'a')))
  t.ok(bench.hot.get(liveKey(SHARD, 'seen', 'c')))
  t.notOk(bench.hot.get(liveKey(SHARD, 'sum', 'b')))
  t.ok(bench.cold.get(historyKey(SHARD, 'sum', 'b')))
  t.same(bench.listed(), ['b'])
})

t.test(
  'a finished row that changes stands once in the list; a removed one not at all',
  async (t) => {
    const bench = new RowsBench()
    bench.commit(event('sum', 'a', 12))
    bench.flush()
    bench.commit(event('sum', 'a', 1))
    bench.flush()
    t.same(bench.listed(), ['a'])
    bench.commit(event('sum', 'a', 0))
    t.equal(bench.rows.row('sum', 'a'), undefined)
    bench.flush()
    t.same(bench.listed(), [])
    t.notOk(bench.cold.get(historyKey(SHARD, 'sum', 'a')))
  },
)

t.test('replay() does not fold into history that is ahead of the rows', async (t) => {
  const bench = new RowsBench()
  bench.commit(event('sum', 'a', 4))
  bench.flush()
  bench.commit(event('sum', 'a', 6))
  bench.flush('cold')
  t.same(bench.rows.row('sum', 'a'), { sum: 10, events: 2 }, 'not 16')
  bench.flush()
  t.notOk(bench.hot.get(liveKey(SHARD, 'sum', 'a')))
  t.same(bench.listed(), ['a'])
})

t.test('what left history stays gone, wherever a crash comes', async (t) => {
  for (const until of ['nothing', 'cold', 'hot', 'all'] as const) {
    const bench = new RowsBench()
    bench.commit(event('sum', 'a', 12))
    bench.flush()
    bench.commit(event('sum', 'a', 0))
    bench.flush(until)
    t.equal(bench.rows.row('sum', 'a'), undefined, until)
    bench.flush()
    t.same(bench.listed(), [], until)
    bench.flush()
    const marks: string[] = []
    bench.hot.scan(
      goneRange(SHARD),
      (key) => void marks.push(key),
      () => undefined,
    )
    bench.clock.advance(5)
    t.same(marks, [], 'and no mark is left')
  }
})

t.test('what changes while a flush is under way is not forgotten with it', async (t) => {
  const bench = new RowsBench()
  bench.commit(event('seen', 'a', 1))
  const { hot, flushed } = bench.rows.flush(1)
  bench.commit(event('seen', 'a', 1))
  bench.rows.apply([event('seen', 'b', 5)])
  bench.hot.write(hot)
  bench.clock.advance(5)
  flushed()
  t.same(bench.rows.row('seen', 'a'), { sum: 2, events: 2 })
  t.same(bench.rows.row('seen', 'b'), { sum: 5, events: 1 }, 'decided, not committed')
})

t.test('a kind that is not in the table stops the shard', async (t) => {
  const bench = new RowsBench()
  t.throws(() => bench.rows.apply([event('other', 'a', 1)]), /in the table of kinds/)
  t.throws(() => bench.rows.row('other', 'a'), /in the table of kinds/)
})

function said(row: unknown): string {
  const { sum, events } = (row ?? {}) as Partial<Sum>
  return `${sum} ${events}`
}

const change = fc.record({
  kind: fc.constantFrom('sum', 'sum', 'sum', 'seen', 'plain'),
  id: fc.constantFrom('a', 'b', 'c'),
  by: fc.constantFrom(0, 1, 2, 5, 5, 11),
})
const move = fc.oneof(
  { weight: 5, arbitrary: fc.array(change, { minLength: 1, maxLength: 4 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Until>('nothing', 'cold', 'hot', 'all', 'all'),
  },
)

t.test(
  'after any crash the rows are what the log makes of them, and history is listed once',
  async () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
        const bench = new RowsBench()
        const holds = (): boolean =>
          [...bench.model].every(([key, row]) => {
            const [kind = '', id = ''] = key.split(' ')
            return said(bench.rows.row(kind, id)) === said(row)
          })
        for (const each of moves) {
          if (typeof each === 'string') bench.flush(each)
          else bench.commit(...each.map(({ kind, id, by }) => event(kind, id, by)))
          if (!holds()) return false
        }
        bench.flush()
        bench.crash()
        const finished = [...bench.model].filter(
          ([key, row]) => key.startsWith('sum ') && ((row as Sum | undefined)?.sum ?? 0) >= 10,
        )
        const listed = bench.listed().sort().join()
        return (
          holds() &&
          listed ===
            finished
              .map(([key]) => key.slice(-1))
              .sort()
              .join()
        )
      }),
      { numRuns: 300 },
    )
  },
)
