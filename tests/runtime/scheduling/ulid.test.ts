import t from 'tap'
import { seededRandom } from '../../../runtime/scheduling/random.ts'
import { ULID_PATTERN, ulid } from '../../../runtime/scheduling/ulid.ts'

const zeros = { below: () => 0, bytes: (count: number) => new Uint8Array(count) }
const ones = { below: () => 0, bytes: (count: number) => new Uint8Array(count).fill(0xff) }

t.test('ulid() spells the time as the specification does', async (t) => {
  t.equal(ulid(1_469_918_176_385, zeros), '01ARYZ6S410000000000000000')
  t.equal(ulid(0, ones), '0000000000ZZZZZZZZZZZZZZZZ')
  t.equal(ulid(2 ** 48 - 1, zeros), '7ZZZZZZZZZ0000000000000000')
})

t.test('ulid() takes each letter of chance from a byte of its own', async (t) => {
  const counted = {
    below: () => 0,
    bytes: (n: number) => Uint8Array.from({ length: n }, (_, i) => i),
  }
  t.equal(ulid(0, counted).slice(10), '0123456789ABCDEF')
})

t.test('ulid() sorts by time, whatever the chance', async (t) => {
  const random = seededRandom(1)
  const moments = [0, 1, 31, 32, 1_023, 1_024, 2 ** 40 - 1, 2 ** 40, 1_790_000_000_000]
  const ids = moments.map((wallMs) => ulid(wallMs, random))
  t.same(ids.toSorted(), ids)
  for (const id of ids) t.match(id, ULID_PATTERN)
})
