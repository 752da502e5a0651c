import t from 'tap'
import { effectivePriority } from '../../../actors/queue/priority.ts'

const MINUTE_MS = 60_000

t.test('effectivePriority() gains one for each ten minutes, three at most', async (t) => {
  for (const [priority, waitedMs, effective] of [
    [5, 0, 5],
    [5, 10 * MINUTE_MS - 1, 5],
    [5, 10 * MINUTE_MS, 6],
    [5, 20 * MINUTE_MS, 7],
    [5, 30 * MINUTE_MS, 8],
    [5, 24 * 60 * MINUTE_MS, 8],
    [0, 40 * MINUTE_MS, 3],
    [7, 30 * MINUTE_MS, 8],
    [8, 30 * MINUTE_MS, 8],
    [5, -MINUTE_MS, 5],
  ] as const) {
    t.equal(effectivePriority(priority, waitedMs), effective, `${priority} after ${waitedMs} ms`)
  }
})

t.test('effectivePriority() leaves 9 and 10 as they are, and nothing ages into them', async (t) => {
  for (let priority = 0; priority <= 10; priority++) {
    const aged = effectivePriority(priority, 365 * 24 * 60 * MINUTE_MS)
    t.equal(aged, priority >= 9 ? priority : Math.min(8, priority + 3))
  }
})
