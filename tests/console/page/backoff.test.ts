import t from 'tap'
import { backoffMs } from '../../../console/page/live/backoff.ts'

t.test('backoffMs() is full jitter below a ceiling that doubles up to 10 s', async (t) => {
  const almost = 0.999_999
  for (const [failures, ceilingMs] of [
    [0, 250],
    [1, 500],
    [3, 2_000],
    [5, 8_000],
    [6, 10_000],
    [500, 10_000],
  ] as const) {
    t.equal(backoffMs(failures, 0), 0, `after ${failures}, by luck at once`)
    t.equal(backoffMs(failures, 0.5), ceilingMs / 2)
    t.equal(backoffMs(failures, almost), ceilingMs - 1, 'never the ceiling itself')
  }
})
