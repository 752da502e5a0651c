import t, { type Test } from 'tap'
import { lettersWaiting } from '../../../../runtime/shard/mail/mail.ts'
import type { Answered } from '../../../../runtime/shard/machine.ts'
import type { System } from '../../../../runtime/system.ts'
import { Bench } from '../../system-of.ts'
import { at, badWire, LoneShard, wordMachine, type WordCommand } from './letters-of.ts'

type Words = { readonly words: readonly string[] }
type Running = System<WordCommand>

const SOURCE = 3
const TARGETS = [4, 5]
/** No virtual time is needed for more. */
const QUIET_MS = 20_000

function benchOf(seed?: number): Bench<WordCommand> {
  return new Bench<WordCommand>(wordMachine, seed === undefined ? undefined : badWire(seed))
}

/** Words to both targets, a few in one entry, over two seconds. */
function talk(bench: Bench<WordCommand>, system: Running): void {
  for (let count = 0; count < 30; count++) {
    const to = TARGETS[count % 2] ?? 0
    const words = Array.from({ length: 1 + (count % 3) }, (_, at) => `${count}.${at}`)
    bench.clock.after(count * 70, () => {
      const late = bench.clock.monotonicMs() + 3_000
      system.shards.command(SOURCE, { type: 'say', to, words }, late, () => undefined)
    })
  }
}

function wordsOf(bench: Bench<WordCommand>, system: Running, shard: number, ask: object): Words {
  return (bench.ask(system, shard, ask as WordCommand) as Answered).reply as Words
}

/** Every committed word was written down once, in order, and nothing else. */
function arrived(t: Test, bench: Bench<WordCommand>, system: Running, why: string): void {
  for (const to of TARGETS) {
    const said = wordsOf(bench, system, SOURCE, { type: 'said', id: String(to) })
    const written = wordsOf(bench, system, to, { type: 'written', id: String(SOURCE) })
    t.same(written, said, why)
  }
  t.same(bench.alarms, [], why)
}

t.test('letters arrive once and in order, and nothing of them is kept after', async (t) => {
  const bench = benchOf()
  const system = bench.start()
  talk(bench, system)
  bench.clock.advance(QUIET_MS)
  arrived(t, bench, system, 'in peace')
  const kept = [...bench.hot.image().keys()].filter((key) => key.includes('/r/letter/'))
  t.same(kept, [], 'an acknowledged letter has no row')
})

t.test('letters arrive over a wire that loses, doubles, delays and reorders', async (t) => {
  for (let seed = 0; seed < 10; seed++) {
    const bench = benchOf(seed)
    const system = bench.start()
    talk(bench, system)
    bench.clock.advance(10 * QUIET_MS)
    arrived(t, bench, system, `seed ${seed}`)
  }
})

t.test('letters arrive whatever step the program dies at', async (t) => {
  const whole = benchOf()
  const steps = stepsOf(whole)
  t.ok(steps > 300, `${steps} steps`)
  for (let step = 1; step <= steps; step += 5) {
    const bench = benchOf()
    const first = bench.start()
    bench.stepsLeft = step
    talk(bench, first)
    bench.clock.advance(2_500)
    bench.stepsLeft = Infinity
    bench.crash()
    const second = bench.start()
    bench.clock.advance(QUIET_MS)
    arrived(t, bench, second, `dead at step ${step}`)
  }
})

function stepsOf(bench: Bench<WordCommand>): number {
  const many = 1_000_000
  const system = bench.start()
  bench.stepsLeft = many
  talk(bench, system)
  bench.clock.advance(2_500)
  return many - bench.stepsLeft
}

t.test('letters arrive over a bad wire and a death at any step', async (t) => {
  for (let seed = 0; seed < 60; seed++) {
    const bench = benchOf(seed)
    const first = bench.start()
    bench.stepsLeft = 20 + seed * 13
    talk(bench, first)
    bench.clock.advance(2_500)
    bench.stepsLeft = Infinity
    bench.crash()
    const second = bench.start()
    bench.clock.advance(10 * QUIET_MS)
    arrived(t, bench, second, `seed ${seed}`)
  }
})

t.test('a raised era starts numbering again, behind what is still kept', async (t) => {
  const bench = benchOf(5)
  const system = bench.start()
  bench.ask(system, SOURCE, { type: 'say', to: 4, words: ['a', 'b', 'c'] }, 1)
  bench.ask(system, SOURCE, { type: 'force' }, 1)
  bench.ask(system, SOURCE, { type: 'say', to: 4, words: ['d', 'e'] }, 1)
  bench.clock.advance(QUIET_MS)
  t.same(wordsOf(bench, system, 4, { type: 'written', id: '3' }).words, ['a', 'b', 'c', 'd', 'e'])
  t.same(bench.alarms, [])
})

t.test('a letter is sent with the oldest that is kept', async (t) => {
  const source = new LoneShard(1)
  source.decide({ type: 'say', to: 2, words: ['a', 'b'] })
  source.decide({ mail: 'acknowledged', by: 2, place: at(1) })
  source.decide({ type: 'say', to: 2, words: ['c'] })
  t.match(source.sent, [
    { to: 2, letter: at(1), oldest: at(1) },
    { to: 2, letter: at(2), oldest: at(1) },
    { to: 2, letter: at(3), oldest: at(2) },
  ])
})

t.test('letters to different shards are numbered apart', async (t) => {
  const source = new LoneShard(1)
  source.decide({ type: 'say', to: 2, words: ['a'] })
  source.decide({ type: 'say', to: 7, words: ['b'] })
  t.match(source.sent, [
    { to: 2, letter: at(1) },
    { to: 7, letter: at(1) },
  ])
})

t.test('a raised era is in the number of the next letter', async (t) => {
  const source = new LoneShard(1)
  source.decide({ type: 'say', to: 2, words: ['a'] })
  source.decide({ type: 'force' })
  source.decide({ type: 'say', to: 2, words: ['b', 'c'] })
  t.match(
    source.sent.map((message) => message.type === 'letter' && message.letter),
    [at(1), at(1, 2), at(2, 2)],
  )
})

t.test('an acknowledgement names only what is taken, and a gap gets none', async (t) => {
  const target = new LoneShard(2)
  const letter = (seq: number) => ({ ...at(seq), body: { type: 'heard', from: 1, word: `${seq}` } })
  const arrive = (seq: number, oldest: number): unknown =>
    target.decide({ mail: 'arrived', from: 1, letter: letter(seq), oldest: at(oldest) })
  t.same(arrive(2, 1), undefined)
  t.same(arrive(1, 1), at(1))
  t.same(arrive(1, 1), at(1), 'said again for a doubled one')
  t.same(arrive(2, 1), at(2))
  t.same(target.rows.get('written 1'), { words: ['1', '2'] })
})

t.test('a forced target takes the oldest letter that is kept, with an alarm', async (t) => {
  const target = new LoneShard(2)
  const letter = { ...at(9), body: { type: 'heard', from: 1, word: 'late' } }
  target.decide({ mail: 'arrived', from: 1, letter: { ...letter, seq: 1 }, oldest: at(1) })
  t.same(target.decide({ mail: 'arrived', from: 1, letter, oldest: at(9) }), undefined)
  target.decide({ type: 'force' })
  t.same(target.decide({ mail: 'arrived', from: 1, letter, oldest: at(9) }), at(9))
  t.match(target.alarms, [{ code: 'STORE_CORRUPT' }])
})

t.test('lettersWaiting() counts what is written and not acknowledged', async (t) => {
  const source = new LoneShard(1)
  const waiting = (): number => lettersWaiting((kind, id) => source.rows.get(`${kind} ${id}`), 2)
  t.equal(waiting(), 0)
  source.decide({ type: 'say', to: 2, words: ['a', 'b', 'c'] })
  t.equal(waiting(), 3)
  source.decide({ mail: 'acknowledged', by: 2, place: at(2) })
  t.equal(waiting(), 1)
})
