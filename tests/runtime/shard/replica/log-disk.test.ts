import fc from 'fast-check'
import t from 'tap'
import { VirtualClock } from '../../../../runtime/scheduling/virtual-clock.ts'
import { GENESIS_HASH, type Entry } from '../../../../runtime/shard/entry.ts'
import { LogDisk } from '../../../../runtime/shard/replica/log-disk.ts'
import { emptyReplica, type Replica } from '../../../../runtime/shard/replica/replica.ts'
import { chainHash } from '../../../../runtime/storage/checksum.ts'
import { MemoryHighWater } from '../../../../runtime/storage/high-water.ts'
import { MemoryEngine } from '../../../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../../../runtime/storage/safe-store.ts'
import type { Op } from '../../../../runtime/storage/store.ts'

const SHARD = 7
const GENESIS = { index: 0, hash: GENESIS_HASH }

/** A log on a disk of its own. */
class LogBench {
  readonly clock = new VirtualClock()
  readonly store: SafeStore
  disk = new LogDisk(SHARD)

  constructor() {
    const { clock } = this
    const failed = (error: unknown): never => {
      throw error
    }
    const options = { highWater: new MemoryHighWater(), clock, name: 'hot', failed }
    this.store = new SafeStore({ engine: new MemoryEngine(clock), ...options })
    this.store.open(() => undefined)
    clock.advance(10)
  }

  write(ops: readonly Op[]): void {
    this.store.write(ops)
    this.clock.advance(5)
  }

  /** As another life of the program reads it. */
  load(): Replica | Error {
    this.disk = new LogDisk(SHARD)
    const result: { loaded?: Replica | Error } = {}
    this.disk.load(this.store, chainHash, GENESIS, (loaded) => {
      result.loaded = loaded
    })
    this.clock.advance(5)
    if (!result.loaded) throw new Error('the log is not loaded')
    return result.loaded
  }

  replica(): Replica {
    const loaded = this.load()
    if (loaded instanceof Error) throw loaded
    return loaded
  }
}

/** Entries that continue a log. */
function entriesAfter(
  { index, hash }: { index: number; hash: Uint8Array },
  count: number,
  epoch = 1,
): Entry[] {
  const entries: Entry[] = []
  for (let at = index + 1; at <= index + count; at++) {
    const bytes = Uint8Array.of(epoch, at % 256)
    hash = chainHash(hash, at, epoch, bytes)
    entries.push({ index: at, epoch, bytes, hash })
  }
  return entries
}

t.test('load() finds nothing where nothing was written', async (t) => {
  t.same(new LogBench().replica(), emptyReplica(SHARD, GENESIS))
})

t.test('load() gives back what was appended, hashes and epochs included', async (t) => {
  const bench = new LogBench()
  const [first, rest] = [
    entriesAfter(GENESIS, 3),
    entriesAfter(entriesAfter(GENESIS, 3)[2] ?? GENESIS, 2, 4),
  ]
  bench.write(bench.disk.appended(first))
  bench.write(bench.disk.appended([]))
  bench.write(bench.disk.appended(rest))
  t.same(bench.replica().tail, [...first, ...rest])
})

t.test('load() gives back the numbers of the copy', async (t) => {
  const bench = new LogBench()
  const entries = entriesAfter(GENESIS, 5)
  const base = { index: 3, hash: entries[2]?.hash ?? GENESIS_HASH }
  const replica = { shard: SHARD, promised: 9, normal: 8, base, tail: entries.slice(3), applied: 3 }
  bench.write([
    ...bench.disk.appended(entries),
    ...bench.disk.truncated(3),
    bench.disk.meta(replica),
  ])
  t.same(bench.replica(), replica, 'what is before the base is passed over')
})

t.test('truncated() drops a record when nothing beyond is in it', async (t) => {
  const bench = new LogBench()
  const entries = entriesAfter(GENESIS, 6)
  bench.write(bench.disk.appended(entries.slice(0, 2)))
  bench.write(bench.disk.appended(entries.slice(2, 6)))
  t.equal(bench.disk.truncated(1).length, 0)
  t.equal(bench.disk.truncated(2).length, 1)
  t.equal(bench.disk.truncated(5).length, 0)
  t.equal(bench.disk.truncated(6).length, 1)
  t.equal(bench.disk.truncated(6).length, 0, 'once')
})

t.test('a log with a hole, or with entries twice, is not served', async (t) => {
  const entries = entriesAfter(GENESIS, 6)
  for (const [from, message] of [
    [4, 'Cannot read the log of shard 7: entries 4 to 4 are missing'],
    [2, 'Cannot read the log of shard 7: entry 3 is there twice'],
  ] as const) {
    const bench = new LogBench()
    bench.write(bench.disk.appended(entries.slice(0, 3)))
    bench.write(bench.disk.appended(entries.slice(from)))
    t.match(bench.load(), { code: 'STORE_CORRUPT', message })
  }
})

const change = fc.oneof(
  fc.record({ type: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    type: fc.constant('truncate' as const),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    type: fc.constant('replace' as const),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({ type: fc.constant('reload' as const) }),
)

/** Whatever sort of array the bytes are in. */
function shown(entries: readonly Entry[]): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  return JSON.stringify(
    entries.map(({ index, epoch, bytes, hash }) => [index, epoch, hex(bytes), hex(hash)]),
  )
}

t.test('whatever is done to a log, what is read back is what it was', async () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
      const bench = new LogBench()
      let replica = emptyReplica(SHARD, GENESIS)
      let epoch = 1
      for (const each of changes) {
        const { base, tail } = replica
        const end = tail.at(-1) ?? base
        const cut = 'share' in each ? Math.floor(each.share * tail.length) : 0
        if (each.type === 'append') {
          const entries = entriesAfter(end, each.count, epoch)
          bench.write(bench.disk.appended(entries))
          replica = { ...replica, tail: [...tail, ...entries] }
        } else if (each.type === 'truncate') {
          const kept = tail[cut - 1] ?? base
          replica = {
            ...replica,
            base: { index: kept.index, hash: kept.hash },
            applied: kept.index,
            tail: tail.slice(cut),
          }
          bench.write([...bench.disk.truncated(kept.index), bench.disk.meta(replica)])
        } else if (each.type === 'replace') {
          epoch += 1
          const kept = tail.slice(0, cut)
          const entries = [...kept, ...entriesAfter(kept.at(-1) ?? base, 2, epoch)]
          replica = { ...replica, normal: epoch, promised: epoch, tail: entries }
          bench.write([...bench.disk.replaced(entries), bench.disk.meta(replica)])
        } else {
          bench.replica()
        }
      }
      const read = bench.replica()
      return shown(read.tail) === shown(replica.tail) && read.base.index === replica.base.index
    }),
    { numRuns: 100 },
  )
})
