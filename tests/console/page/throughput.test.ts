import t from 'tap'
import {
  backfill,
  BUCKETS_MAX,
  NOTHING,
  observe,
  SPAN_MS,
  type Throughput,
} from '../../../console/page/live/throughput.ts'

const seen = (...counts: readonly (readonly [atMs: number, well: number, unwell: number])[]) =>
  counts.reduce<Throughput>(
    (known, [atMs, well, unwell]) => observe(known, { atMs, well, unwell }),
    NOTHING,
  )

t.test('observe() counts only what is new since it looked first', async (t) => {
  const { buckets } = seen([1_000, 500, 9], [2_000, 503, 10], [12_000, 504, 10])
  t.same(buckets, [
    { startMs: 0, well: 3, unwell: 1 },
    { startMs: 10_000, well: 1, unwell: 0 },
  ])
})

t.test('observe() draws a quiet time as none, and forgets what is too old', async (t) => {
  const { buckets } = seen([0, 1, 0], [35_000, 2, 0])
  t.same(
    buckets.map(({ well }) => well),
    [0, 0, 0, 1],
  )
  const long = seen([0, 1, 0], [SPAN_MS * 1_000, 2, 0]).buckets
  t.equal(long.length, BUCKETS_MAX)
  t.equal(long.at(-1)?.startMs, SPAN_MS * 1_000)
  t.equal(long.at(0)?.startMs, SPAN_MS * (1_000 - BUCKETS_MAX + 1))
})

t.test('observe() adds nothing when old tasks were forgotten, or a clock went back', async (t) => {
  t.same(seen([20_000, 9, 0], [21_000, 4, 0], [22_000, 5, 0]).buckets, [
    { startMs: 20_000, well: 1, unwell: 0 },
  ])
  t.same(seen([20_000, 1, 0], [5_000, 3, 0]).buckets, [{ startMs: 20_000, well: 2, unwell: 0 }])
})

t.test('backfill() knows the time before from when tasks ended', async (t) => {
  const known = backfill(seen([41_000, 7, 1], [42_000, 8, 1]), [
    { atMs: 35_000, well: true },
    { atMs: 12_000, well: false },
    { atMs: 13_000, well: true },
    { atMs: 41_500, well: true }, // Counted already.
  ])
  t.same(known.buckets, [
    { startMs: 10_000, well: 1, unwell: 1 },
    { startMs: 20_000, well: 0, unwell: 0 },
    { startMs: 30_000, well: 1, unwell: 0 },
    { startMs: 40_000, well: 1, unwell: 0 },
  ])
})

t.test('backfill() says nothing of a time that it knows nothing of', async (t) => {
  const known = seen([41_000, 7, 1])
  t.equal(backfill(known, []), known)
  t.equal(backfill(NOTHING, [{ atMs: 1, well: true }]), NOTHING)
  t.equal(backfill(known, [{ atMs: 41_500, well: true }]).buckets.length, 1)
})
