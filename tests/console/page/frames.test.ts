import t from 'tap'
import { parseMessage, parseOutput } from '../../../console/page/live/frames.ts'

t.test('parseMessage() takes what a node says, and nothing else', async (t) => {
  t.same(parseMessage('{"t":"bye","why":"drain","retryMs":1}'), {
    ...{ t: 'bye', why: 'drain', retryMs: 1 },
  })
  for (const text of ['', '{', 'null', '3', '[]', '{}', '{"t":"hello"}', '{"t":7}']) {
    t.equal(parseMessage(text), undefined, text)
  }
})

t.test('parseOutput() reads handle, offset and bytes, big-endian', async (t) => {
  const frame = new Uint8Array([1, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 5, 104, 105])
  t.same(parseOutput(frame.buffer), {
    ...{ handle: 258, offset: 2 ** 32 + 5, bytes: new Uint8Array([104, 105]) },
  })
})

t.test('parseOutput() refuses frames that are cut, or of a later build', async (t) => {
  t.equal(parseOutput(new Uint8Array(12).buffer), undefined)
  t.equal(parseOutput(new Uint8Array([2, ...Array<number>(12).fill(0)]).buffer), undefined)
})
