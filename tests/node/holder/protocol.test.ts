import t from 'tap'
import { encodeFrame, FRAME_BYTES_MAX, FrameDecoder } from '../../../node/holder/frames.ts'
import { parseRequest } from '../../../node/holder/protocol.ts'
import { Ring } from '../../../node/holder/terminal/ring.ts'
import { type Random, seededRandom } from '../../../runtime/scheduling/random.ts'

const START = {
  type: 'start',
  ask: 1,
  spec: {
    key: { task: 't00-1', attempt: 1 },
    argv: ['true'],
    env: { A: 'b' },
    cols: 80,
    rows: 24,
    deadlineMs: null,
    leash: { untilMs: 5.5 },
    outputBytesMax: 65_536,
  },
}

function requestOf(random: Random): object {
  const key = { task: 'a', attempt: 1 + random.below(9) }
  const all = [START, { type: 'list', ask: 2 }, { type: 'forget', key }, { type: 'write', key }]
  return all[random.below(all.length)] ?? START
}

t.test('frames come out as they went in, however the stream is cut', async (t) => {
  for (let seed = 0; seed < 200; seed++) {
    const random = seededRandom(seed)
    const sent = Array.from({ length: 1 + random.below(8) }, () => ({
      header: requestOf(random),
      payload: random.bytes(random.below(3_000)),
    }))
    const stream = Buffer.concat(sent.map((each) => encodeFrame(each.header, each.payload)))
    const decoder = new FrameDecoder()
    const heard: unknown[] = []
    for (let at = 0; at < stream.length; ) {
      const to = at + 1 + random.below(2_000)
      for (const frame of decoder.push(Buffer.from(stream.subarray(at, to)))) {
        heard.push({ header: frame.header, payload: new Uint8Array(frame.payload) })
      }
      at = to
    }
    t.same(heard, sent, `seed ${seed}`)
  }
})

t.test('bytes that no encoder wrote are refused, never misread', async (t) => {
  for (let seed = 0; seed < 3_000; seed++) {
    const random = seededRandom(seed)
    const stream = Buffer.concat([encodeFrame(requestOf(random)), encodeFrame(requestOf(random))])
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      stream[random.below(stream.length)] = random.below(256)
    }
    try {
      for (const { header, payload } of new FrameDecoder().push(stream)) {
        parseRequest(header, payload)
      }
    } catch (error) {
      const expected = error instanceof RangeError || error instanceof SyntaxError
      if (!expected) t.fail(`seed ${seed}: ${String(error)}`)
    }
  }
  t.pass('every failure was a refusal')
})

t.test(
  'a frame beyond the limit is refused before it is read, and before it is sent',
  async (t) => {
    const lengths = Buffer.alloc(8)
    lengths.writeUInt32LE(FRAME_BYTES_MAX, 0)
    t.throws(() => new FrameDecoder().push(lengths), RangeError)
    t.throws(() => encodeFrame({}, new Uint8Array(FRAME_BYTES_MAX)), RangeError)
  },
)

t.test('parseRequest() takes what is whole and nothing else', async (t) => {
  const none = new Uint8Array(0)
  t.same(parseRequest(START, none), START)
  const { spec } = START
  for (const wrong of [
    null,
    'start',
    [],
    {},
    { type: 'toString' },
    { type: 'start', ask: 1 },
    { ...START, ask: -1 },
    { ...START, spec: { ...spec, key: { task: '../..', attempt: 1 } } },
    { ...START, spec: { ...spec, key: { task: 'a', attempt: 0 } } },
    { ...START, spec: { ...spec, key: { task: 'a', attempt: 1.5 } } },
    { ...START, spec: { ...spec, argv: 'true' } },
    { ...START, spec: { ...spec, argv: ['a\0b'] } },
    { ...START, spec: { ...spec, env: { A: 1 } } },
    { ...START, spec: { ...spec, cols: 0 } },
    { ...START, spec: { ...spec, leash: 'forever' } },
    { ...START, spec: { ...spec, deadlineMs: '5' } },
    { type: 'end', key: spec.key, reason: 'because' },
  ]) {
    t.equal(parseRequest(wrong, none), undefined, JSON.stringify(wrong))
  }
})

t.test('the ring gives back the last bytes at their offsets', async (t) => {
  const random = seededRandom(7)
  const ring = new Ring(32 * 1024)
  let all = Buffer.alloc(0)
  for (let round = 0; round < 300; round++) {
    const bytes = random.bytes(random.below(3_000))
    ring.append(bytes)
    all = Buffer.concat([all, bytes])
    t.equal(ring.end, all.length)
    t.ok(ring.end - ring.start <= 32 * 1024)
    const from = ring.start + random.below(ring.end - ring.start + 1)
    const length = random.below(5_000)
    t.ok(ring.read(from, length).equals(all.subarray(from, from + length)))
  }
})
