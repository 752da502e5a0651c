import t from 'tap'
import { Deadlines, type Due } from '../../../runtime/scheduling/deadlines.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'

function dueOf(deadlineMs: number, expired: number[]): Due {
  return { deadlineMs, place: 0, expire: () => void expired.push(deadlineMs) }
}

t.test('what is not removed expires, never early and at most a tick late', async (t) => {
  const clock = new VirtualClock()
  const deadlines = new Deadlines(clock)
  const late: number[] = []
  for (const deadlineMs of [5, 900, 16, 17, 30_000, 8]) {
    const expire = (): void => void late.push(clock.monotonicMs() - deadlineMs)
    deadlines.add({ deadlineMs, place: 0, expire })
  }
  clock.advance(40_000)
  t.equal(late.length, 6)
  t.ok(
    late.every((ms) => ms >= 0 && ms <= 8),
    String(late),
  )
})

t.test('what is removed does not expire, wherever it stands in its tick', async (t) => {
  const clock = new VirtualClock()
  const deadlines = new Deadlines(clock)
  const expired: number[] = []
  const dues = [101, 102, 103, 104, 250].map((deadlineMs) => dueOf(deadlineMs, expired))
  for (const due of dues) deadlines.add(due)
  for (const gone of [101, 104, 250]) {
    const due = dues.find(({ deadlineMs }) => deadlineMs === gone)
    if (due) deadlines.remove(due)
  }
  clock.advance(1_000)
  t.same(expired.sort(), [102, 103])
})

t.test('a deadline that has passed expires at once, and one at infinity never', async (t) => {
  const clock = new VirtualClock()
  clock.advance(500)
  const deadlines = new Deadlines(clock)
  const expired: number[] = []
  deadlines.add(dueOf(100, expired))
  const never = dueOf(Infinity, expired)
  deadlines.add(never)
  clock.advance(0)
  t.same(expired, [100])
  deadlines.remove(never)
  clock.advance(1e9)
  t.same(expired, [100])
})

t.test('an earlier deadline is not kept waiting by a later one, nor a far one lost', async (t) => {
  const clock = new VirtualClock()
  const deadlines = new Deadlines(clock)
  const expired: number[] = []
  const year = 365 * 86_400_000
  for (const deadlineMs of [year, 10_000, 10]) deadlines.add(dueOf(deadlineMs, expired))
  clock.advance(20)
  t.same(expired, [10])
  clock.advance(year)
  t.same(expired, [10, 10_000, year])
})

t.test('a deadline that comes in again after its moment is not lost', async (t) => {
  const clock = new VirtualClock()
  const deadlines = new Deadlines(clock)
  const expired: number[] = []
  for (let round = 1; round <= 3; round++) {
    deadlines.add(dueOf(100, expired))
    clock.advance(200)
    t.equal(expired.length, round)
  }
  t.equal(deadlines.count, 0)
})
