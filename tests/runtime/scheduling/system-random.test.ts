import t from 'tap'
import { systemRandom } from '../../../runtime/scheduling/system-random.ts'

t.test('bytes() gives what is asked for, and nothing twice', async (t) => {
  const seen = new Set<string>()
  for (let round = 0; round < 2_000; round++) {
    const bytes = systemRandom.bytes(16)
    t.equal(bytes.length, 16)
    seen.add(Buffer.from(bytes).toString('hex'))
  }
  t.equal(seen.size, 2_000)
})

t.test('bytes() is not changed by what is given later', async (t) => {
  const first = systemRandom.bytes(32)
  const kept = first.slice()
  for (let round = 0; round < 500; round++) systemRandom.bytes(32)
  t.same(first, kept)
})

t.test('bytes() gives more than it keeps ready', async (t) => {
  const bytes = systemRandom.bytes(100_000)
  t.equal(bytes.length, 100_000)
  t.ok(new Set(bytes).size > 200)
})
