import t from 'tap'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'

t.test('advance() runs what falls due, in order of moment, then of asking', async (t) => {
  const clock = new VirtualClock(0)
  const order: string[] = []
  const note = (what: string) => () => void order.push(`${what} at ${clock.monotonicMs()}`)
  clock.after(20, note('late'))
  clock.after(10, note('first'))
  clock.after(10, note('second'))
  clock.defer(note('soon'))
  clock.advance(10)
  t.same(order, ['soon at 0', 'first at 10', 'second at 10'])
  clock.advance(9)
  t.equal(order.length, 3)
  clock.advance(1)
  t.equal(order.at(-1), 'late at 20')
})

t.test('what runs may ask for more, and time does not run backwards', async (t) => {
  const clock = new VirtualClock(0)
  const moments: number[] = []
  const again = (): void => {
    moments.push(clock.monotonicMs())
    if (moments.length < 4) clock.after(moments.length === 2 ? -5 : 5, again)
  }
  clock.after(5, again)
  clock.advance(100)
  t.same(moments, [5, 10, 10, 15])
  t.equal(clock.monotonicMs(), 100)
})

t.test('cancel() of a timer that waits, has fired or was cancelled', async (t) => {
  const clock = new VirtualClock(0)
  let fired = 0
  const timer = clock.after(5, () => (fired += 1))
  timer.cancel()
  timer.cancel()
  const other = clock.after(6, () => (fired += 10))
  clock.advance(10)
  other.cancel()
  clock.advance(10)
  t.equal(fired, 10)
})

t.test('soon() runs before any timer', async (t) => {
  const clock = new VirtualClock(0)
  const order: string[] = []
  clock.defer(() => {
    order.push('deferred')
    clock.soon(() => order.push('soon'))
  })
  clock.defer(() => order.push('deferred too'))
  clock.advance(0)
  t.same(order, ['deferred', 'soon', 'deferred too'])
})

t.test('the wall clock can be set, and the monotonic one cannot', async (t) => {
  const clock = new VirtualClock(1_000)
  clock.advance(5.7)
  t.equal(clock.wallMs(), 1_005)
  clock.wallSkewMs = -500
  t.equal(clock.wallMs(), 505)
  t.equal(clock.monotonicMs(), 5.7)
})
