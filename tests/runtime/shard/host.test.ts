import t from 'tap'
import { SHARD_COUNT } from '../../../runtime/authority/topology.ts'
import { liveKey, metaKey, recordKey, recordRange } from '../../../runtime/shard/keys.ts'
import type { Receipt } from '../../../runtime/shard/machine.ts'
import type { System } from '../../../runtime/system.ts'
import { Bench, sumMachine, type SumCommand } from '../system-of.ts'

/** A store with something in shard 7, whose program has died right after it answered. */
function crashedOf(): Bench {
  const bench = new Bench(sumMachine)
  const system = bench.start()
  for (const amount of [1, 2]) bench.ask(system, 7, { type: 'add', id: 'a', amount }, 5)
  bench.crash()
  return bench
}

/** The keys of the log of shard 7 on the disk. */
function recordsOf(bench: Bench): string[] {
  const { gte, lt } = recordRange(7)
  return [...bench.hot.image().keys()].filter((key) => key >= gte && key < lt).sort()
}

/** The disk as it would be without a key, or with another value there. */
function damage(bench: Bench, key: string, value?: Uint8Array): void {
  const image = new Map(bench.hot.image())
  if (value) image.set(key, value)
  else image.delete(key)
  bench.hot.restore(image)
}

t.test('a shard with a hole in its log is not served, and the others are', async (t) => {
  const bench = crashedOf()
  const records = recordsOf(bench)
  t.ok(records.length >= 2, 'each answer left a record')
  damage(bench, records.at(-2) ?? '')
  const system = bench.start()
  t.equal(system.shards.activeCount, SHARD_COUNT - 1)
  t.match([...system.shards.unreadable], [[7, { code: 'STORE_CORRUPT', message: /are missing/ }]])
  t.match(bench.alarms, [{ code: 'STORE_CORRUPT' }])
  t.match(bench.ask(system, 7, { type: 'read', id: 'a' }), {
    ...{ code: 'NOT_LEADER', message: /Cannot decide in shard 7: Cannot read the log of shard 7/ },
  })
  t.match(bench.ask(system, 8, { type: 'add', id: 'a', amount: 1 }), { reply: 1 })
})

t.test('a record with other bytes than were written is not served', async (t) => {
  const bench = crashedOf()
  const [record = ''] = recordsOf(bench)
  const bytes = Uint8Array.from(bench.hot.get(record) ?? [])
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  damage(bench, record, bytes)
  t.match([...bench.start().shards.unreadable.values()], [{ code: 'STORE_CORRUPT' }])
})

t.test('a row that cannot be read stops its shard when it is led', async (t) => {
  const bench = new Bench(sumMachine)
  bench.ask(bench.start(), 7, { type: 'add', id: 'a', amount: 1 }, 1_000)
  bench.crash()
  const key = liveKey(7, 'sum', 'a')
  const bytes = Uint8Array.from(bench.hot.get(key) ?? [])
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  damage(bench, key, bytes)
  const system = bench.start()
  t.equal(system.shards.activeCount, SHARD_COUNT - 1)
  t.match(bench.alarms, [{ code: 'STORE_CORRUPT' }])
  t.match(bench.ask(system, 7, { type: 'read', id: 'a' }), { code: 'NOT_LEADER' })
})

t.test('before it is active a leadership decides nothing', async (t) => {
  const bench = crashedOf()
  const clock = bench.clock
  const advance = clock.advance.bind(clock)
  clock.advance = () => undefined
  const system = bench.start()
  clock.advance = advance
  const early: unknown[] = []
  const read = { type: 'read', id: 'a' } as const
  for (let step = 0; step < 2_000 && system.shards.activeCount < SHARD_COUNT; step++) {
    system.shards.command(7, read, 9e9, (answer) => early.push(answer))
    clock.step()
  }
  clock.advance(50)
  const refused = early.filter((answer) => answer instanceof Error)
  t.ok(refused.length > 0)
  t.ok(refused.every((answer) => (answer as { code?: string }).code === 'NOT_LEADER'))
  const answered = early.filter((answer) => !(answer instanceof Error))
  t.ok(answered.every((answer) => (answer as { reply: unknown }).reply === 3))
})

t.test('stop() writes what is only in memory, and the next start reads it', async (t) => {
  const bench = new Bench(sumMachine)
  const system = bench.start()
  bench.ask(system, 7, { type: 'add', id: 'a', amount: 5 }, 5)
  t.notOk(bench.hot.get(liveKey(7, 'sum', 'a')))
  let stopped = false
  system.shards.stop(() => (stopped = true))
  bench.clock.advance(50)
  t.ok(stopped)
  t.ok(bench.hot.get(liveKey(7, 'sum', 'a')))
  t.same(recordsOf(bench), [], 'and the log is not needed any more')
  bench.crash()
  t.match(bench.ask(bench.start(), 7, { type: 'read', id: 'a' }), { reply: 5 })
})

/** What the shard says of a receipt, after so long. */
function verdictOf(bench: Bench, system: System<SumCommand>, receipt: Receipt, waitMs = 1): string {
  bench.clock.advance(waitMs)
  let said = 'nothing was said'
  system.shards.verify(receipt, (verdict) => {
    said = verdict instanceof Error ? verdict.message : verdict
  })
  bench.clock.advance(1)
  return said
}

t.test('a receipt is true at once, after its entry was dropped, and after a crash', async (t) => {
  const bench = new Bench(sumMachine)
  let system = bench.start()
  const given = [1, 2, 3].map((amount) => {
    const answer = bench.ask(system, 7, { type: 'add', id: 'a', amount }, 5)
    if (!answer || answer instanceof Error) throw answer ?? new Error('nothing was answered')
    return answer.at
  })
  for (const waitMs of [0, 5, 5, 5, 5, 5, 1_000])
    for (const at of given)
      t.equal(verdictOf(bench, system, at, waitMs / 3), 'true', `${waitMs} ms`)
  t.same(recordsOf(bench), [], 'the log is not needed any more')
  bench.crash()
  system = bench.start()
  for (const at of given) t.equal(verdictOf(bench, system, at), 'true', 'after a crash')
  const [first] = given
  if (!first) return
  for (const digit of [/^./, /.$/]) {
    const hash = first.hash.replace(digit, (each) => (each === '0' ? '1' : '0'))
    t.equal(verdictOf(bench, system, { ...first, hash }), 'false', String(digit))
  }
  t.equal(verdictOf(bench, system, { ...first, epoch: first.epoch + 1 }), 'false')
  t.equal(verdictOf(bench, system, { ...first, index: first.index + 1 }), 'false')
  t.equal(verdictOf(bench, system, { ...first, index: 1_000 }), 'false', 'there is no such entry')
  const image = new Map([...bench.hot.image()].filter(([key]) => !key.startsWith('s/07/p/')))
  bench.hot.restore(image)
  bench.crash()
  t.equal(verdictOf(bench, bench.start(), first), 'unknown', 'what was trimmed')
  t.match(verdictOf(bench, system, { ...first, shard: 99 }), /does not lead it/)
})

t.test('stop() of a host that leads nothing is done at once', async (t) => {
  const bench = new Bench(sumMachine)
  const system = bench.start()
  bench.clock.wallSkewMs = 3_600_000
  bench.ask(system, 7, { type: 'read', id: 'a' })
  let stopped = false
  system.shards.stop(() => (stopped = true))
  bench.clock.advance(10)
  t.ok(stopped)
})

t.test('many rows are flushed before their time', async (t) => {
  const bench = new Bench(sumMachine)
  const system = bench.start()
  const late = bench.clock.monotonicMs() + 3_000
  for (let count = 0; count < 2_100; count++) {
    const add: SumCommand = { type: 'add', id: `n${count}`, amount: 1 }
    system.shards.command(7, add, late, () => undefined)
  }
  bench.clock.advance(20)
  t.ok(bench.hot.get(liveKey(7, 'sum', 'n0')), 'well before 100 ms')
  t.ok(bench.hot.get(metaKey(7)))
  t.notOk(bench.hot.get(recordKey(7, 1)))
})
