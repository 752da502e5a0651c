import fc from 'fast-check'
import t from 'tap'
import { parseJson } from '../../console/api/json.ts'
import { ROUTES } from '../../console/api/routes/table.ts'
import { parseMessage } from '../../console/live/messages.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import { FUZZ, FUZZ_SEED } from '../fuzzing.ts'
import { liveOf } from './live/live-of.ts'
import { settled } from './live/page-of.ts'
import { ask } from './ask.ts'
import { consoleOf, LOCAL_SECRET } from './console-of.ts'

/** F25: whatever comes in, nothing breaks and no prototype changes. A failure prints its seed. */

const SEED = FUZZ_SEED
const CASES = 5_000 * FUZZ
/** Nothing comes near it, unless an input makes it hang. Unit: ms. */
const MS_A_CASE = 1_000

const NASTY = ['__proto__', 'constructor', 'prototype', 'toString', '', '\uD800', '\0', 'length']
const VALUES: readonly unknown[] = [null, true, 0, -1, 1e308, 2 ** 53, '', '\uDFFF', [], {}]

const prototype = Object.getOwnPropertyNames(Object.prototype).sort().join()

/** JSON with keys and values that are made to hurt. */
const value = fc.anything({
  key: fc.oneof(fc.constantFrom(...NASTY), fc.string()),
  values: [fc.constantFrom(...VALUES), fc.string({ unit: 'binary' }), fc.double(), fc.integer()],
  maxDepth: 4,
})

/** Messages that are almost right. */
const field = fc.oneof(
  value,
  fc.constantFrom('fleet', 'tasks:a', 'task:t07-00000000000000000000000001', 'term:x/1', 'sub'),
)
const message = fc.record(
  {
    t: fc.oneof(fc.constantFrom('hello', 'sub', 'unsub', 'ack', 'cmd', 'visible'), field),
    ch: field,
    view: field,
    from: field,
    offset: field,
    v: fc.oneof(fc.constant(1), field),
    key: fc.oneof(fc.constantFrom('admin', 'wrong'), field),
    visible: fc.oneof(fc.boolean(), field),
    id: field,
    idem: field,
    try: fc.oneof(fc.constant(1), field),
    cmd: fc.record(
      { op: fc.oneof(fc.constantFrom('submit', 'cancel'), field), spec: field, task: field },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['t'] },
)

/** Messages that are right, and one letter away from it. */
const TASK = 't07-00000000000000000000000001'
const RIGHT = [
  { t: 'hello', v: 1, key: 'admin', visible: true },
  { t: 'visible', visible: false },
  { t: 'sub', ch: 'tasks:a', view: { limit: 5, states: ['failed'], cursor: 'x' } },
  { t: 'sub', ch: `task:${TASK}` },
  { t: 'sub', ch: `term:${TASK}/1`, from: 7 },
  { t: 'ack', ch: `term:${TASK}/1`, offset: 3 },
  { t: 'unsub', ch: 'tasks:a' },
  { t: 'cmd', id: '1', idem: 'k', try: 1, cmd: { op: 'submit', spec: { argv: ['a'] } } },
  { t: 'cmd', id: '2', idem: 'l', try: 2, cmd: { op: 'prioritize', task: TASK, priority: 3 } },
].map((each) => JSON.stringify(each))

const right = fc.constantFrom(...RIGHT)
const almost = fc.tuple(right, fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, more]) => {
  const place = at % text.length
  return text.slice(0, place) + more + text.slice(place + 1)
})

const bytes = fc.oneof(
  right.map((text) => Buffer.from(text)),
  almost.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 2_000 }),
  value.map((each) => Buffer.from(String(JSON.stringify(each)))),
  message.map((each) => Buffer.from(JSON.stringify(each))),
  message.map((each) => Buffer.from(JSON.stringify(each).slice(0, -3))),
)

function timed(run: () => void): number {
  const startedMs = performance.now()
  run()
  return performance.now() - startedMs
}

t.test('parseJson() gives a value or refuses, and never anything else', async (t) => {
  let slowestMs = 0
  const property = fc.property(bytes, (each) => {
    const read = (): void => {
      try {
        parseJson(each)
      } catch (failure) {
        if (!(failure instanceof RuntimeError) || failure.code !== 'INVALID_ARGUMENT') throw failure
      }
    }
    slowestMs = Math.max(slowestMs, Math.min(timed(read), timed(read)))
  })
  fc.assert(property, { seed: SEED, numRuns: CASES })
  t.ok(slowestMs < MS_A_CASE, `the slowest took ${slowestMs.toFixed(2)} ms`)
})

t.test('parseMessage() gives a message or nothing', async (t) => {
  let messages = 0
  const property = fc.property(bytes, (each) => {
    if (parseMessage(each)) messages += 1
  })
  fc.assert(property, { seed: SEED, numRuns: CASES })
  t.ok(messages > 0, `${messages} were messages`)
})

t.test('a live page outlives whatever is said', async (t) => {
  const world = liveOf({ socketsPerKeyMax: 1_000_000 })
  const conversation = fc.array(bytes, { minLength: 1, maxLength: 6 })
  const property = fc.asyncProperty(conversation, fc.boolean(), async (said, known) => {
    const page = known ? world.greet('admin') : world.connect()
    for (const each of said) page.listener?.message(each, 'text')
    page.listener?.closed()
  })
  await fc.assert(property, { seed: SEED, numRuns: CASES / 4 })
  await settled()
  t.same(world.unexpected, [])
  t.equal(world.live.connectionCount, 0)
  t.equal(world.live.viewCount, 0)
  t.equal(world.fleet.watchers.size, 0)
})

t.test(
  'every route answers whatever is sent with a status that is no failure of ours',
  async (t) => {
    const { port, unexpected, origin } = await consoleOf(t)
    const headers = {
      ...{ host: `localhost:${port}`, origin, authorization: `Bearer ${LOCAL_SECRET}` },
      'content-type': 'application/json',
    }
    const route = fc.constantFrom(...ROUTES.filter(({ path }) => !path.endsWith('/output')))
    const part = fc.oneof(
      fc.constantFrom(...NASTY, 't07-00000000000000000000000001', '..'),
      fc.string(),
    )
    const encoded = part.map((text) => encodeURIComponent(text.toWellFormed()) || 'x')
    const query = fc.dictionary(fc.constantFrom('limit', 'state', 'cursor', ...NASTY), fc.string())
    const body = fc.oneof(
      value,
      fc.record({ argv: value, project: value, env: value }, { requiredKeys: ['argv'] }),
    )
    const property = fc.asyncProperty(
      route,
      encoded,
      query,
      body,
      async (row, name, asked, sent) => {
        const search = new URLSearchParams()
        for (const [key, text] of Object.entries(asked)) {
          search.append(key.toWellFormed(), text.toWellFormed())
        }
        const path = `${row.path.replace(/\{\w+\}/, () => name)}?${search.toString()}`
        const post = row.method === 'POST'
        const { 'content-type': kind, ...rest } = headers
        const answer = await ask(port, {
          ...{ method: row.method, path },
          headers: post ? { ...rest, 'content-type': kind } : rest,
          ...(post && { body: String(JSON.stringify(sent)) }),
        })
        if (answer.status >= 500)
          throw new Error(`${row.method} ${path}: ${answer.status} ${answer.body}`)
      },
    )
    await fc.assert(property, { seed: SEED, numRuns: CASES / 10 })
    t.same(unexpected, [])
  },
)

t.test('and no prototype has changed', async (t) => {
  t.equal(Object.getOwnPropertyNames(Object.prototype).sort().join(), prototype)
  t.same(Object.keys({}), [])
})
