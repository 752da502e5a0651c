import t from 'tap'
import { BlobSweep, type BlobSweepOptions, namedBy } from '../../../actors/retention/blob-sweep.ts'
import type { Exit } from '../../../actors/terminals.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { MemoryBlobs } from '../../../runtime/storage/blobs/memory-blobs.ts'
import { contentHash } from '../../../runtime/storage/checksum.ts'
import { MemoryEngine } from '../../../runtime/storage/memory-engine.ts'
import type { Store } from '../../../runtime/storage/store.ts'
import { LOUD, NodeBench } from '../node-of.ts'

const DAY_MS = 86_400_000
/** By then what is a day old was looked at. */
const LOOKED_MS = DAY_MS + 900_000
const LOUD_HASH = contentHash(new TextEncoder().encode(LOUD))

/** A task that has left a blob, and whose output has no other name. */
function loud(bench: NodeBench): string {
  const id = bench.submit({ argv: ['loud'] })
  bench.advance(1_000)
  bench.holder.discard([id])
  return id
}

t.test('a blob that a row names is kept, however old it is', async (t) => {
  const bench = new NodeBench().start()
  const id = loud(bench)
  t.same(namedBy(bench.task(id)), [LOUD_HASH])
  bench.restart()
  bench.advance(LOOKED_MS)
  t.ok(bench.blobs.has(LOUD_HASH))
})

t.test('a blob goes a day after its task was forgotten', async (t) => {
  const bench = new NodeBench({ retention: { historyTasksMax: 1 } }).start()
  loud(bench)
  bench.submit()
  bench.advance(DAY_MS)
  t.ok(bench.blobs.has(LOUD_HASH))
  bench.advance(LOOKED_MS - DAY_MS)
  t.notOk(bench.blobs.has(LOUD_HASH))
})

t.test('a blob of two tasks is kept for the second', async (t) => {
  const bench = new NodeBench({ retention: { historyTasksMax: 1 } }).start()
  loud(bench)
  loud(bench)
  bench.advance(LOOKED_MS)
  t.ok(bench.blobs.has(LOUD_HASH))
})

/** A look at one blob that is old and stands in no row. */
function swept(options: Partial<BlobSweepOptions>): boolean {
  const clock = new VirtualClock()
  const files = new Map([['said', new TextEncoder().encode(LOUD)]])
  const blobs = new MemoryBlobs({ clock, file: (name) => files.get(name) })
  const none = new MemoryEngine(clock)
  blobs.seal('said', { hash: LOUD_HASH, bytes: LOUD.length }, () => files.clear())
  new BlobSweep({
    ...{ clock, hot: none, cold: none, blobs },
    clockGuard: { wallMs: () => clock.wallMs(), jump: undefined },
    terminals: { list: (answered) => answered([]) },
    ...options,
  }).start()
  clock.advance(2 * DAY_MS)
  return !blobs.has(LOUD_HASH)
}

t.test('what nobody names is removed, unless nobody can say so', async (t) => {
  t.ok(swept({}))
  const exit = { transcript: { hash: LOUD_HASH, bytes: LOUD.length } } as Exit
  const owed = { type: 'exited', key: { task: 't', attempt: 1 }, exit } as const
  t.notOk(swept({ terminals: { list: (answered) => answered([owed]) } }), 'its record is owed')
  t.notOk(swept({ terminals: { list: (answered) => answered(undefined) } }), 'no holder answers')
  const unread: Pick<Store, 'scan'> = {
    scan: (_range, _visit, done) => done(new RuntimeError('STORE_CORRUPT', 'Cannot read a row')),
  }
  t.notOk(swept({ cold: unread }), 'history is damaged')
  t.notOk(swept({ hot: unread }), 'a row that lives is damaged')
  const clockGuard = { wallMs: () => undefined, jump: undefined }
  t.notOk(swept({ clockGuard }), 'the clock was set')
})
