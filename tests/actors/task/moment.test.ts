import t from 'tap'
import { formatMoment, formatSpan } from '../../../actors/task/moment.ts'

t.test('formatMoment() says a moment to the second', async (t) => {
  t.equal(formatMoment(Date.UTC(2026, 0, 31, 8, 30, 5, 999)), '2026-01-31T08:30:05Z')
})

t.test('formatSpan() says a span in the largest unit that says it whole', async (t) => {
  for (const [spanMs, said] of [
    [86_400_000, '1 d'],
    [90 * 60_000, '90 min'],
    [7_200_000, '2 h'],
    [90_000, '90 s'],
    [1_500, '1500 ms'],
    [0, '0 ms'],
  ] as const) {
    t.equal(formatSpan(spanMs), said)
  }
})
