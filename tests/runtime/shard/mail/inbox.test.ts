import t from 'tap'
import { verdictOn, type Verdict } from '../../../../runtime/shard/mail/inbox.ts'
import { NOWHERE, type Place } from '../../../../runtime/shard/mail/letter.ts'
import { at } from './letters-of.ts'

type Row = readonly [why: string, known: Place, place: Place, oldest: Place, Verdict]

const ROWS: readonly Row[] = [
  ['the first letter ever', NOWHERE, at(1), at(1), 'next'],
  ['the second before the first', NOWHERE, at(2), at(1), 'beyond'],
  ['the one after the newest', at(4), at(5), at(3), 'next'],
  ['the newest again', at(4), at(4), at(4), 'known'],
  ['an old one, late', at(4), at(1), at(1), 'known'],
  ['one beyond a gap', at(4), at(6), at(5), 'beyond'],
  [
    'one beyond a gap that the source does not keep, without a force',
    at(4),
    at(6),
    at(6),
    'beyond',
  ],
  ['the first of a new era', at(4), at(1, 2), at(1, 2), 'next'],
  ['a new era while letters of the old one wait', at(4), at(1, 2), at(5), 'beyond'],
  ['the second of a new era before the first', at(4), at(2, 2), at(1, 2), 'beyond'],
  ['an old era, late', at(1, 2), at(9), at(9), 'known'],
  ['the middle of a new era, with nothing older kept', at(4), at(3, 2), at(3, 2), 'jump'],
]

t.test('verdictOn() takes what follows, and nothing beyond a gap', async (t) => {
  for (const [why, known, place, oldest, verdict] of ROWS) {
    t.equal(verdictOn({ known, place, oldest, forced: false }), verdict, why)
  }
})

t.test('verdictOn() of a forced target takes the oldest that is kept, and no other', async (t) => {
  const jump = { known: at(4), place: at(9), forced: true }
  t.equal(verdictOn({ ...jump, oldest: at(9) }), 'jump')
  t.equal(verdictOn({ ...jump, oldest: at(8) }), 'beyond')
})
