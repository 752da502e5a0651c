import t from 'tap'
import { framed, unframed } from '../../../runtime/storage/frame.ts'

const KEY = 's/07/r/task/t07-1'
const WALL_MS = Date.UTC(2026, 0, 1)

t.test('unframed() gives back what framed() took, whatever its length', async (t) => {
  for (const length of [0, 1, 13, 14, 15, 4_096]) {
    const payload = Buffer.alloc(length, 'x')
    t.same(Buffer.from(unframed(KEY, framed(KEY, payload, WALL_MS))), payload, `${length} bytes`)
  }
})

t.test('no flipped bit of a value or of its checksum passes', async (t) => {
  const frame = framed(KEY, Buffer.from('a value'), WALL_MS)
  const [checksumAt, checksumEnd, payloadAt] = [2, 6, 14]
  for (let at = 0; at < frame.length; at++) {
    const covered = at === 0 || (at >= checksumAt && at < checksumEnd) || at >= payloadAt
    for (let bit = 0; covered && bit < 8; bit++) {
      const rotten = Uint8Array.from(frame)
      rotten[at] = (rotten[at] ?? 0) ^ (1 << bit)
      t.throws(() => unframed(KEY, rotten), { code: 'STORE_CORRUPT', details: { key: KEY } })
    }
  }
})

t.test('a value cut short, lengthened, or found under another key is refused', async (t) => {
  const frame = framed(KEY, Buffer.from('a value'), WALL_MS)
  for (let length = 0; length < frame.length; length++) {
    t.throws(() => unframed(KEY, frame.subarray(0, length)), { code: 'STORE_CORRUPT' })
  }
  t.throws(() => unframed(KEY, Buffer.concat([frame, Buffer.of(0)])), { code: 'STORE_CORRUPT' })
  t.throws(() => unframed(`${KEY}0`, frame), { code: 'STORE_CORRUPT' })
})
