import t from 'tap'
import { chance, fraction, seededRandom } from '../../../runtime/scheduling/random.ts'

t.test('seededRandom() is the same run for the same seed, and another for another', async (t) => {
  const run = (seed: number): number[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 50 }, () => random.below(1_000_000))
  }
  t.same(run(1), run(1))
  t.notSame(run(1), run(2))
  t.same(run(1).slice(0, 3), [627_073, 2_735, 527_447], 'on every machine')
})

t.test('below() is in range and reaches all of it', async (t) => {
  const random = seededRandom(7)
  const seen = new Set(Array.from({ length: 1_000 }, () => random.below(6)))
  t.same([...seen].sort(), [0, 1, 2, 3, 4, 5])
  t.equal(random.below(1), 0)
})

t.test('bytes() gives as many as asked, of all values', async (t) => {
  const bytes = seededRandom(7).bytes(10_000)
  t.equal(bytes.length, 10_000)
  t.equal(new Set(bytes).size, 256)
})

t.test('fraction() is spread over [0, 1), chance() holds its share', async (t) => {
  const random = seededRandom(7)
  const shares = Array.from({ length: 10_000 }, () => fraction(random))
  t.ok(shares.every((share) => share >= 0 && share < 1))
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  t.ok(Math.abs(mean - 0.5) < 0.02, `${mean}`)
  const hits = Array.from({ length: 10_000 }, () => chance(random, 0.1)).filter(Boolean).length
  t.ok(hits > 850 && hits < 1_150, `${hits}`)
  t.equal(chance(random, 0), false)
  t.equal(chance(random, 1), true)
})
