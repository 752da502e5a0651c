import t from 'tap'
import type { Letter } from '../../../../runtime/shard/mail/letter.ts'
import { EMPTY_OUTBOX, IN_FLIGHT_MAX, step } from '../../../../runtime/shard/mail/outbox.ts'
import { at } from './letters-of.ts'

const letters = (from: number, to: number): Letter[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ ...at(from + index), body: from + index }))
const sent = (out: readonly Letter[]): number[] => out.map(({ seq }) => seq)

t.test('step() sends what is committed, in order, eight at a time', async (t) => {
  const [outbox, first] = step(EMPTY_OUTBOX, { type: 'committed', letters: letters(1, 10) })
  t.same(sent(first), [1, 2, 3, 4, 5, 6, 7, 8])
  t.equal(first.length, IN_FLIGHT_MAX)
  const [, more] = step(outbox, { type: 'committed', letters: letters(11, 12) })
  t.same(sent(more), [], 'eight are on their way')
})

t.test('step() lets the next go for each that is acknowledged', async (t) => {
  const [full] = step(EMPTY_OUTBOX, { type: 'committed', letters: letters(1, 10) })
  const [rest, more] = step(full, { type: 'acknowledged', place: at(1) })
  t.same(sent(more), [9])
  const [empty, none] = step(rest, { type: 'acknowledged', place: at(10) })
  t.same(sent(none), [])
  t.same(empty, EMPTY_OUTBOX)
})

t.test('step() drops nothing for an acknowledgement that is late or doubled', async (t) => {
  const [full] = step(EMPTY_OUTBOX, { type: 'committed', letters: letters(1, 4) })
  const [rest] = step(full, { type: 'acknowledged', place: at(2) })
  const [same, none] = step(rest, { type: 'acknowledged', place: at(1) })
  t.same(same, rest)
  t.same(none, [])
})

t.test('step() starts again from the oldest when nothing is heard', async (t) => {
  const [full] = step(EMPTY_OUTBOX, { type: 'committed', letters: letters(1, 10) })
  const [rest] = step(full, { type: 'acknowledged', place: at(3) })
  const [, again] = step(rest, { type: 'silent' })
  t.same(sent(again), [4, 5, 6, 7, 8, 9, 10])
})

t.test('step() keeps a letter of a new era behind an acknowledgement of the old', async (t) => {
  const mixed = [...letters(5, 6), { ...at(1, 2), body: 'new' }]
  const [full] = step(EMPTY_OUTBOX, { type: 'committed', letters: mixed })
  const [rest] = step(full, { type: 'acknowledged', place: at(9) })
  t.same(rest.letters, [{ ...at(1, 2), body: 'new' }])
})
