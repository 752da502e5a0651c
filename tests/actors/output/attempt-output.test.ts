import t from 'tap'
import type { OutputRequest } from '../../../actors/fleet.ts'
import type { Attempt, Task } from '../../../actors/task/task.ts'
import { AttemptOutput } from '../../../actors/output/attempt-output.ts'
import { blobIn } from '../../../actors/output/transcript.ts'
import type { Held, Terminals } from '../../../actors/terminals.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { LOUD, NodeBench, type BenchOptions } from '../node-of.ts'
import { idOf } from '../task-of.ts'

/** What a reader of output heard. */
class Reader {
  text = ''
  next = 0
  orderly = true
  ends = 0
  attempt: Attempt | undefined
  failure: Error | undefined
  /** How many chunks it takes before it asks for a pause. */
  appetite = Infinity

  bytes(offset: number, chunk: Uint8Array): boolean {
    this.orderly &&= offset === this.next
    this.next = offset + chunk.length
    this.text += new TextDecoder().decode(chunk)
    return --this.appetite > 0
  }

  end(attempt: Attempt | undefined): void {
    this.ends += 1
    this.attempt = attempt
  }

  failed(failure: Error): void {
    this.failure = failure
  }
}

async function read(
  bench: NodeBench,
  request: Partial<OutputRequest> & { readonly id: string },
  reader = new Reader(),
) {
  reader.next = request.fromOffset ?? 0
  const asked = { fromOffset: 0, follow: true, ...request }
  const following = bench.node.fleet.output(asked, reader)
  for (let turn = 0; turn < 20; turn++) {
    bench.advance(2)
    await Promise.resolve()
  }
  return { reader, following }
}

function benchOf(options: BenchOptions = {}): NodeBench {
  return new NodeBench(options).start()
}

t.test('output is followed to the end of its attempt, which is recorded by then', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ argv: ['fail', '500'] })
  bench.advance(100)
  const { reader } = await read(bench, { id })
  t.equal(reader.text, 'fail\r\n')
  t.equal(reader.ends, 0, 'it runs')
  bench.advance(1_000)
  t.match(reader, {
    ends: 1,
    orderly: true,
    attempt: { attempt: 1, outcome: { class: 'exit', code: 3 } },
  })
})

t.test('output of a task that does not run yet begins when it does', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ notBeforeMs: bench.clock.wallMs() + 5_000 })
  const { reader } = await read(bench, { id })
  bench.advance(4_000)
  t.equal(reader.text, '')
  bench.advance(3_000)
  t.match(reader, { text: 'ok\r\n', ends: 1, attempt: { attempt: 1 } })
})

t.test('output of a task that never runs ends with it', async (t) => {
  const bench = benchOf({ slots: 0 })
  const [cancelled, expired] = [bench.submit(), bench.submit({ timeouts: { totalMs: 2_000 } })]
  const readers = [await read(bench, { id: cancelled }), await read(bench, { id: expired })]
  bench.act('cancel', cancelled)
  bench.advance(3_000)
  for (const { reader } of readers) t.match(reader, { text: /^$/, ends: 1, attempt: undefined })
})

t.test('what is not followed is what there is now, then the end', async (t) => {
  const bench = benchOf()
  const later = bench.submit({ notBeforeMs: bench.clock.wallMs() + 60_000 })
  t.match(await read(bench, { id: later, follow: false }), { reader: { text: /^$/, ends: 1 } })
  const id = bench.submit({ argv: ['endless'] })
  bench.advance(100)
  const { reader } = await read(bench, { id, follow: false })
  t.match(reader, { text: 'endless\r\n', ends: 1 })
  const { reader: rest } = await read(bench, { id, follow: false, fromOffset: 9 })
  t.match(rest, { text: /^$/, ends: 1 }, 'all of it was read before')
})

t.test('what starts while it is looked for is not followed either', async (t) => {
  const bench = benchOf()
  const { clock, blobs, node } = bench
  const readers: Reader[] = []
  const readNow = (task: Task, held: readonly Held[] | undefined): void => {
    const reader = new Reader()
    const list: Terminals['list'] = (answered) => answered(held)
    const options = { clock, blobs, catalog: node.catalog, terminals: { ...bench.terminals, list } }
    new AttemptOutput(options, { task, attempt: 1, fromOffset: 0, follow: false }, reader)
    readers.push(reader)
  }
  node.catalog.watch({}, (task) => {
    if (task.state !== 'assigned') return
    readNow(task, [])
    readNow(task, undefined)
  })
  const id = bench.submit({ argv: ['endless'] })
  bench.advance(100)
  t.match(bench.task(id), { state: 'executing' })
  const [early, unheard] = readers
  t.match(early, { text: /^$/, ends: 1 })
  t.match(unheard, { text: /^$/, ends: 0, failure: { code: 'UNAVAILABLE' } })
})

t.test('output goes on from any byte', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ argv: ['fail', '10'] })
  bench.advance(1_000)
  const { reader } = await read(bench, { id, fromOffset: 2 })
  t.match(reader, { text: 'il\r\n', ends: 1, orderly: true })
})

t.test('an older attempt can be read by its number', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ argv: ['segfault', '10'], retry: { max: 1, baseMs: 10 } })
  bench.advance(5_000)
  const { reader } = await read(bench, { id, attempt: 1 })
  t.match(reader, { ends: 1, attempt: { attempt: 1, outcome: { class: 'crash' } } })
  const { reader: newest } = await read(bench, { id })
  t.match(newest, { attempt: { attempt: 2 } })
})

t.test('an attempt that nobody holds ends at once', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ argv: ['ok', '10'] })
  bench.advance(1_000)
  t.match(await read(bench, { id, attempt: 7 }), {
    reader: { text: /^$/, ends: 1, attempt: undefined },
  })
})

t.test('a reader that is full is not fed until it asks for more', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ argv: ['endless'] })
  bench.advance(100)
  const slow = new Reader()
  slow.appetite = 1
  const { reader, following } = await read(bench, { id }, slow)
  const write = (text: string): void =>
    bench.terminals.write({ task: id, attempt: 1 }, new TextEncoder().encode(text))
  write('more')
  bench.advance(50)
  t.equal(reader.text, 'endless\r\n')
  reader.appetite = Infinity
  following.resume()
  bench.advance(50)
  t.equal(reader.text, 'endless\r\nmore')
  t.ok(reader.orderly)
})

t.test('nothing is heard after close()', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ argv: ['ok', '1000'] })
  const early = await read(bench, { id })
  early.following.close()
  const reader = new Reader()
  bench.node.fleet.output({ id, fromOffset: 0, follow: true }, reader).close()
  const text = early.reader.text
  bench.advance(5_000)
  await Promise.resolve()
  t.match(early.reader, { text, ends: 0 })
  t.match(reader, { text: '', ends: 0 })
})

t.test('output goes on over a restart of the node', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ argv: ['ok', '3000'] })
  bench.advance(100)
  bench.restart()
  const { reader } = await read(bench, { id })
  bench.advance(5_000)
  t.match(reader, { text: 'ok\r\n', ends: 1, attempt: { attempt: 1, outcome: { class: 'ok' } } })
})

t.test('output whose end is not recorded ends all the same', async (t) => {
  const bench = benchOf({ played: 'exchange' })
  bench.tellSlots({ type: 'wanted', sorts: [{ kind: 'shell', requires: [], priority: 5 }] })
  const id = bench.submit()
  const [credit] = bench.saidOf('credit')
  const { version, spec } = bench.task(id)
  bench.ask(Number(id.slice(1, 3)), {
    ...{ type: 'assign', task: id, version, store: '01SELF', boot: 1, node: 'n1' },
  })
  bench.tellSlots({
    ...{
      type: 'assign',
      credit: credit?.credit ?? 0,
      boot: 1,
      token: { task: id, attempt: 1 },
      spec,
    },
    ...{ startToCloseMs: 60_000, leashMs: 'unlimited' },
  })
  const { reader } = await read(bench, { id })
  bench.advance(5_000)
  t.equal(reader.ends, 0, 'its result is on its way')
  bench.advance(10_000)
  t.match(reader, { text: 'ok\r\n', ends: 1, attempt: { attempt: 1, outcome: undefined } })
})

/** A task that has said this, and whose terminal knows nothing of it any more, as after a restore. */
function ended(bench: NodeBench, name: string): string {
  const id = bench.submit({ argv: [name] })
  bench.advance(1_000)
  bench.holder.discard([id])
  return id
}

t.test('what was said is in the record of its end, or in a blob that it names', async (t) => {
  const bench = benchOf()
  for (const [name, text] of [
    ['few', 'few\r\n'],
    ['loud', LOUD],
  ] as const) {
    const id = ended(bench, name)
    t.equal(blobIn(bench.task(id).attempts[0]?.outcome?.transcript) !== undefined, name === 'loud')
    t.equal(bench.task(id).outcome?.transcript, undefined, 'it is written down once')
    for (const follow of [true, false]) {
      const { reader } = await read(bench, { id, follow })
      t.match(reader, { text, ends: 1, orderly: true, attempt: { attempt: 1 } }, name)
      const { reader: second } = await read(bench, { id, follow, fromOffset: 3 })
      t.match(second, { text: text.slice(3), ends: 1, orderly: true })
    }
  }
})

t.test('a blob that is damaged is named in place of its bytes', async (t) => {
  const bench = benchOf()
  const id = ended(bench, 'loud')
  const hash = blobIn(bench.task(id).attempts[0]?.outcome?.transcript)?.hash ?? ''
  bench.blobs.rot(hash)
  const { reader } = await read(bench, { id })
  t.match(reader, {
    text: /^$/,
    ends: 0,
    failure: { code: 'STORE_CORRUPT', details: { blob: hash } },
  })
})

t.test('what an attempt said before it was lost is kept too', async (t) => {
  const bench = benchOf()
  const id = bench.submit({ argv: ['endless'] })
  bench.advance(200)
  bench.holder.crash()
  bench.advance(2_000)
  bench.holder.discard([id])
  t.match(bench.task(id).attempts[0]?.outcome, { class: 'lost' })
  t.match(await read(bench, { id, attempt: 1 }), { reader: { text: 'endless\r\n', ends: 1 } })
})

t.test('output of what is no task fails as the task itself does', async (t) => {
  const bench = benchOf()
  for (const [id, code] of [
    [idOf(9), 'NOT_FOUND'],
    ['nonsense', 'INVALID_ARGUMENT'],
  ] as const) {
    const { reader } = await read(bench, { id })
    t.match(reader, { text: '', ends: 0, failure: { code } }, id)
  }
})

t.test(
  'output of a task whose shard nobody leads fails, and is whole once somebody does',
  async (t) => {
    const bench = benchOf()
    const id = ended(bench, 'ok')
    const { shards } = bench.node.system
    const command = shards.command.bind(shards)
    shards.command = (_shard, _command, _deadlineMs, answer) =>
      answer(new RuntimeError('UNAVAILABLE', 'Cannot decide: nobody leads it'))
    t.match(await read(bench, { id }), { reader: { ends: 0, failure: { code: 'UNAVAILABLE' } } })
    shards.command = command
    t.match(await read(bench, { id }), { reader: { text: 'ok\r\n', ends: 1 } })
  },
)
