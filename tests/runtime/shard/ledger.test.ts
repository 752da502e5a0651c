import t from 'tap'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { hex } from '../../../runtime/hex.ts'
import { GENESIS_HASH, type Entry } from '../../../runtime/shard/entry.ts'
import { decodeEvents } from '../../../runtime/shard/formats.ts'
import {
  Ledger,
  TAIL_BYTES_MAX,
  TAIL_ENTRIES_MAX,
  WAITING_MAX,
} from '../../../runtime/shard/ledger.ts'
import type { Answered, Event, Machine } from '../../../runtime/shard/machine.ts'
import { Rows } from '../../../runtime/shard/rows.ts'
import { chainHash } from '../../../runtime/storage/checksum.ts'
import { MemoryHighWater } from '../../../runtime/storage/high-water.ts'
import { MemoryEngine } from '../../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../../runtime/storage/safe-store.ts'

type NoteCommand =
  | { readonly type: 'add'; readonly text: string }
  | { readonly type: 'read' }
  | { readonly type: 'fail' }

type Noted = Event & { readonly text: string }

/** What the leading part was told, in order. */
type Told = { readonly what: 'decided' | 'committed'; readonly texts: readonly string[] }

/** A ledger of one list of notes, whose appends a test commits. */
class LedgerBench {
  readonly clock = new VirtualClock()
  readonly appends: (readonly Entry[])[] = []
  readonly told: Told[] = []
  readonly broken: unknown[] = []
  confirmations = 0
  stops = 0
  doubted = false
  readonly ledger: Ledger<NoteCommand>

  constructor() {
    const { clock } = this
    const machine = this.#machine()
    const stores = { hot: this.#store('hot'), cold: this.#store('cold') }
    this.ledger = new Ledger<NoteCommand>({
      shard: 5,
      epoch: 3,
      rows: new Rows({ ...stores, shard: 5, kinds: machine.kinds }),
      machine,
      clock,
      chain: chainHash,
      end: { index: 10, hash: GENESIS_HASH },
      wallMs: () => (this.doubted ? undefined : clock.wallMs()),
      append: (entries) => void this.appends.push(entries),
      confirm: () => void (this.confirmations += 1),
      broken: (error) => void this.broken.push(error),
    })
  }

  #store(name: string): SafeStore {
    const { clock } = this
    const failed = (error: unknown): void => void this.broken.push(error)
    const engine = new MemoryEngine(clock)
    const store = new SafeStore({ engine, highWater: new MemoryHighWater(), clock, name, failed })
    store.open(() => undefined)
    clock.advance(5)
    return store
  }

  #machine(): Machine<NoteCommand> {
    const tell = (what: Told['what'], changes: readonly { readonly event: Event }[]): void => {
      this.told.push({ what, texts: changes.map(({ event }) => (event as Noted).text) })
    }
    const note = {
      ...{ kind: 'note', version: 1 },
      fold: (row: unknown, event: Event) =>
        `${(row as string | undefined) ?? ''}${(event as Noted).text.slice(0, 3)}`,
    }
    return {
      kinds: { note },
      lead: (shard) => ({
        decide: (command, { wallMs }) => {
          if (command.type === 'fail') throw new Error('a bug')
          if (command.type === 'read') return { events: [], reply: shard.row('note', 'all') ?? '' }
          const { text } = command
          return {
            events: [{ kind: 'note', id: 'all', type: 'noted', atMs: wallMs, text } as Event],
            reply: text,
          }
        },
        decided: (changes) => tell('decided', changes),
        committed: (changes) => tell('committed', changes),
        stop: () => void (this.stops += 1),
      }),
    }
  }

  /** What is answered is in the list, in the order in which it is. */
  readonly answers: string[] = []

  ask(command: NoteCommand, withinMs = 3_000): void {
    const name = command.type === 'add' ? command.text.slice(0, 9) : command.type
    this.ledger.command(command, this.clock.monotonicMs() + withinMs, (result) => {
      const said = result instanceof Error ? result.code : String(result.reply).slice(0, 9)
      this.answers.push(`${name}: ${said}`)
      if (!(result instanceof Error)) this.receipts.push(result)
    })
  }

  readonly receipts: Answered[] = []

  add(text: string): void {
    this.ask({ type: 'add', text })
  }

  /** Ends this turn: what was decided in it is appended. */
  turn(): this {
    this.clock.advance(0)
    return this
  }

  commit(index: number): void {
    this.ledger.committed(index)
  }
}

t.test('what is asked for within one turn goes into one append, in order, chained', async (t) => {
  const bench = new LedgerBench()
  for (const text of ['a', 'b', 'c']) bench.add(text)
  t.same(bench.appends, [])
  bench.turn()
  t.equal(bench.appends.length, 1)
  const entries = bench.appends[0] ?? []
  t.same(
    entries.map(({ index, epoch }) => [index, epoch]),
    [11, 12, 13].map((index) => [index, 3]),
  )
  let hash: Uint8Array = GENESIS_HASH
  for (const entry of entries) {
    hash = chainHash(hash, entry.index, 3, entry.bytes)
    t.same(entry.hash, hash)
  }
  const note = { kind: 'note', version: 1, fold: () => undefined }
  t.match(decodeEvents({ note }, entries[1]?.bytes ?? new Uint8Array()), [{ text: 'b' }])
})

t.test('an answer leaves when its entry is committed, with the receipt of it', async (t) => {
  const bench = new LedgerBench()
  for (const text of ['a', 'b', 'c']) bench.add(text)
  bench.turn()
  t.same(bench.answers, [])
  bench.commit(12)
  t.same(bench.answers, ['a: a', 'b: b'])
  const hash = hex(bench.appends[0]?.[1]?.hash ?? GENESIS_HASH)
  t.same(bench.receipts[1]?.at, { shard: 5, epoch: 3, index: 12, hash })
  bench.commit(13)
  t.same(bench.answers, ['a: a', 'b: b', 'c: c'])
})

t.test(
  'a decision sees what was decided before it; the world hears of what is committed',
  async (t) => {
    const bench = new LedgerBench()
    bench.add('a')
    bench.add('b')
    bench.ask({ type: 'read' })
    bench.turn()
    t.same(bench.told, [
      { what: 'decided', texts: ['a'] },
      { what: 'decided', texts: ['b'] },
    ])
    bench.commit(11)
    t.same(bench.told.at(-1), { what: 'committed', texts: ['a'] })
    t.same(bench.answers, ['a: a'], 'the read was decided upon both')
    bench.commit(12)
    t.same(bench.answers, ['a: a', 'b: b', 'read: ab'])
  },
)

t.test('a read of an empty tail waits for a round of its own', async (t) => {
  const bench = new LedgerBench()
  bench.ask({ type: 'read' })
  t.equal(bench.confirmations, 1)
  bench.ask({ type: 'read' })
  bench.ask({ type: 'read' })
  t.equal(bench.confirmations, 1, 'one round at a time')
  bench.ledger.confirmed()
  t.same(bench.answers, ['read: '])
  t.equal(bench.confirmations, 2, 'who came while it was under way waits for the next')
  bench.ledger.confirmed()
  t.equal(bench.answers.length, 3)
  t.equal(bench.confirmations, 2)
  t.same(bench.appends, [])
})

t.test('two appends are under way at once, and what comes meanwhile is gathered', async (t) => {
  const bench = new LedgerBench()
  for (const text of ['a', 'b', 'c', 'd', 'e']) {
    bench.add(text)
    bench.turn()
  }
  const sizes = (): number[] => bench.appends.map((entries) => entries.length)
  t.same(sizes(), [1, 1])
  bench.commit(11)
  t.same(sizes(), [1, 1, 3])
  bench.commit(15)
  t.equal(bench.answers.length, 5)
})

t.test(
  'a command is not decided after its deadline, and its outcome is open when that passes',
  async (t) => {
    const bench = new LedgerBench()
    bench.ask({ type: 'add', text: 'late' }, 0)
    t.same(bench.answers, ['late: DEADLINE_EXCEEDED'])
    bench.ask({ type: 'add', text: 'slow' }, 1_000)
    bench.ask({ type: 'read' }, 1_000)
    bench.clock.advance(900)
    t.equal(bench.answers.length, 1)
    bench.clock.advance(200)
    t.same(bench.answers.slice(1), ['slow: UNAVAILABLE', 'read: UNAVAILABLE'])
    bench.commit(11)
    t.equal(bench.answers.length, 3, 'answered once')
    t.same(
      bench.told.at(-1),
      { what: 'committed', texts: ['slow'] },
      'and it happened all the same',
    )
  },
)

t.test('the tail is bounded in entries', async (t) => {
  const bench = new LedgerBench()
  for (let count = 0; count < TAIL_ENTRIES_MAX; count++) bench.add('x')
  bench.add('more')
  t.same(bench.answers, ['more: RESOURCE_EXHAUSTED'])
  bench.turn().commit(11)
  bench.add('fits')
  bench.turn().commit(10 + TAIL_ENTRIES_MAX + 1)
  t.equal(bench.answers.at(-1), 'fits: fits')
})

t.test('the tail is bounded in bytes', async (t) => {
  const bench = new LedgerBench()
  const text = 'y'.repeat(TAIL_BYTES_MAX / 4)
  for (let count = 0; count < 4; count++) bench.add(text)
  bench.add('more')
  t.same(bench.answers, ['more: RESOURCE_EXHAUSTED'])
  bench.turn().commit(14)
  bench.add('fits')
  t.equal(bench.answers.includes('fits: RESOURCE_EXHAUSTED'), false)
})

t.test('commands that wait for an answer are bounded too', async (t) => {
  const bench = new LedgerBench()
  bench.add('stuck')
  for (let count = 0; count < WAITING_MAX - 1; count++) bench.ask({ type: 'read' })
  bench.ask({ type: 'read' })
  t.same(bench.answers, ['read: RESOURCE_EXHAUSTED'])
  bench.clock.advance(3_200)
  bench.ask({ type: 'read' })
  t.equal(bench.answers.length, 1 + WAITING_MAX, 'who was told that it is open waits no more')
})

t.test('a decision that fails stops the shard, and its outcome is open', async (t) => {
  const bench = new LedgerBench()
  bench.ask({ type: 'fail' })
  t.match(bench.broken, [{ message: 'a bug' }])
  t.same(bench.answers, ['fail: UNAVAILABLE'])
})

t.test('nothing is decided while the clock is doubted', async (t) => {
  const bench = new LedgerBench()
  bench.doubted = true
  bench.add('a')
  t.same(bench.answers, ['a: NOT_LEADER'])
  t.equal(bench.ledger.propose({ type: 'add', text: 'b' }), false)
  bench.doubted = false
  t.equal(bench.ledger.propose({ type: 'add', text: 'c' }), true)
  t.same(bench.turn().appends[0]?.length, 1)
})

t.test('stop() leaves open what waits, and decides nothing more', async (t) => {
  const bench = new LedgerBench()
  bench.add('a')
  bench.ask({ type: 'read' })
  bench.ledger.stop()
  bench.ledger.stop()
  t.same(bench.answers, ['a: UNAVAILABLE', 'read: UNAVAILABLE'])
  t.equal(bench.stops, 1)
  bench.add('b')
  t.equal(bench.answers.at(-1), 'b: NOT_LEADER')
  bench.turn()
  t.same(bench.appends, [], 'what was gathered is not sent any more')
})
