import t from 'tap'
import { blobIn, stretchAt } from '../../../actors/output/transcript.ts'

t.test('stretchAt() finds every byte that was kept, and skips those that were not', async (t) => {
  const whole = { hash: 'h', bytes: 100 }
  const ends = { hash: 'h', bytes: 100, headBytes: 60 } // Of 1,000 bytes the first 60, the last 40.
  for (const [blob, offset, outputBytes, stretch] of [
    [whole, 0, 100, { offset: 0, at: 0, bytes: 100 }],
    [whole, 99, 100, { offset: 99, at: 99, bytes: 1 }],
    [whole, 100, 100, undefined],
    [ends, 0, 1_000, { offset: 0, at: 0, bytes: 60 }],
    [ends, 59, 1_000, { offset: 59, at: 59, bytes: 1 }],
    [ends, 60, 1_000, { offset: 960, at: 60, bytes: 40 }],
    [ends, 500, 1_000, { offset: 960, at: 60, bytes: 40 }],
    [ends, 970, 1_000, { offset: 970, at: 70, bytes: 30 }],
    [ends, 1_000, 1_000, undefined],
    [ends, 5_000, 1_000, undefined],
  ] as const)
    t.same(stretchAt(blob, { offset, outputBytes }), stretch, `${JSON.stringify(blob)} ${offset}`)
})

t.test('blobIn() is the blob, where there is one', async (t) => {
  t.equal(blobIn(undefined), undefined)
  t.equal(blobIn({ base64: 'aGkK' }), undefined)
  t.same(blobIn({ hash: 'h', bytes: 1 }), { hash: 'h', bytes: 1 })
})
