import t from 'tap'
import {
  APART_MS,
  ClockGuard,
  judge,
  STEADY_MS,
  type Trust,
} from '../../../runtime/scheduling/clock-guard.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'

const HOUR_MS = 3_600_000
const BELIEVED: Trust = { apartMs: 0, apartAwakeMs: 0, steadySinceMs: undefined }

function readingAt(monotonicMs: number, apartMs: number, apartAwakeMs = apartMs) {
  return { apartMs, apartAwakeMs, monotonicMs }
}

t.test('judge() doubts a clock that moved by more than a second against the other', async (t) => {
  for (const byMs of [APART_MS, -APART_MS, 10]) {
    t.equal(judge(BELIEVED, readingAt(5, byMs)).steadySinceMs, undefined, `${byMs} ms`)
  }
  for (const byMs of [APART_MS + 1, -APART_MS - 1, HOUR_MS]) {
    t.equal(judge(BELIEVED, readingAt(5, byMs)).steadySinceMs, 5, `${byMs} ms`)
  }
})

t.test('judge() follows a clock that is slewed', async (t) => {
  let trust = BELIEVED
  for (let second = 1; second <= 10; second++) trust = judge(trust, readingAt(second, second * 900))
  t.same(trust, { apartMs: 9_000, apartAwakeMs: 9_000, steadySinceMs: undefined })
})

t.test('judge() believes a clock again that went on steadily, and not before', async (t) => {
  const doubted = judge(BELIEVED, readingAt(100, HOUR_MS))
  t.equal(judge(doubted, readingAt(100 + STEADY_MS - 1, HOUR_MS)).steadySinceMs, 100)
  t.equal(judge(doubted, readingAt(100 + STEADY_MS, HOUR_MS)).steadySinceMs, undefined)
  const again = judge(doubted, readingAt(1_000, 0))
  t.equal(again.steadySinceMs, 1_000, 'a second jump begins the watch anew')
})

t.test('judge() believes a machine that slept', async (t) => {
  t.equal(judge(BELIEVED, readingAt(5, HOUR_MS, 0)).steadySinceMs, undefined)
})

t.test('wallMs() is tested at every use, and says nothing in doubt', async (t) => {
  const clock = new VirtualClock()
  const changes: boolean[] = []
  const guard = new ClockGuard({
    clock,
    awakeMs: () => clock.monotonicMs(),
    changed: (believed) => void changes.push(believed),
  })
  clock.advance(300)
  t.equal(guard.wallMs(), clock.wallMs())
  clock.wallSkewMs = HOUR_MS
  t.equal(guard.wallMs(), undefined, 'before any look of its own')
  t.same(guard.jump, { byMs: HOUR_MS, atMs: 300 })
  clock.advance(STEADY_MS - 1)
  t.equal(guard.wallMs(), undefined)
  t.same(changes, [false])
  clock.advance(200)
  t.equal(guard.wallMs(), clock.wallMs())
  t.same(changes, [false, true])
})

t.test('a jump is found when nobody uses the clock', async (t) => {
  const clock = new VirtualClock()
  const changes: boolean[] = []
  const options = { clock, awakeMs: () => clock.monotonicMs() }
  const guard = new ClockGuard({ ...options, changed: (believed) => void changes.push(believed) })
  clock.wallSkewMs = -HOUR_MS
  clock.advance(1_000)
  t.same(changes, [false])
  clock.advance(STEADY_MS + 1_000)
  t.same(changes, [false, true])
  t.ok(guard.believed)
})
