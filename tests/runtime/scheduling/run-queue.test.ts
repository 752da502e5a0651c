import t from 'tap'
import type { Clock } from '../../../runtime/scheduling/clock.ts'
import { RunQueue, type Runnable } from '../../../runtime/scheduling/run-queue.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'

/** Has so much work, and notes its turns. */
function busy(queue: RunQueue, name: string, work: number, turns: string[]): Runnable {
  let left = work
  const runnable: Runnable = {
    run(most) {
      const done = Math.min(left, most)
      left -= done
      turns.push(`${name} ${done}`)
      if (left > 0) queue.ready(runnable)
      return done
    },
  }
  return runnable
}

/** Time that passes with work: each look finds it so much later. */
function slow(clock: VirtualClock, lookMs: number): Clock {
  let nowMs = 0
  return {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => (nowMs += lookMs),
    after: (delayMs, run) => clock.after(delayMs, run),
    soon: (run) => clock.soon(run),
    defer: (run) => clock.defer(run),
  }
}

t.test('everybody has a turn, bounded, in the order in which they asked', async (t) => {
  const clock = new VirtualClock()
  const queue = new RunQueue({ clock })
  const turns: string[] = []
  queue.ready(busy(queue, 'flood', 1_000, turns))
  queue.ready(busy(queue, 'a', 3, turns))
  queue.ready(busy(queue, 'b', 2, turns))
  clock.step()
  const work = (of: string): number =>
    turns
      .filter((turn) => turn.startsWith(of))
      .reduce((sum, turn) => sum + Number(turn.split(' ')[1]), 0)
  t.equal(work('flood'), 1_000)
  const before = turns.slice(0, turns.indexOf('b 2'))
  const flooded = before.filter((turn) => turn.startsWith('flood'))
  t.ok(flooded.length <= 2, 'b waits for no more than a turn or two of the flood')
})

t.test('a pass begins before timers, once what asked has returned', async (t) => {
  const clock = new VirtualClock()
  const queue = new RunQueue({ clock })
  const turns: string[] = []
  clock.after(0, () => turns.push('timer'))
  queue.ready(busy(queue, 'a', 1, turns))
  t.same(turns, [])
  clock.advance(0)
  t.same(turns, ['a 1', 'timer'])
})

t.test(
  'endless work leaves a turn to timers in each round, where time stands still too',
  async (t) => {
    const clock = new VirtualClock()
    const queue = new RunQueue({ clock, passMost: 100 })
    let rounds = 0
    clock.defer(() => void rounds++)
    queue.ready(busy(queue, 'endless', Infinity, []))
    clock.step()
    clock.step()
    t.equal(rounds, 1)
  },
)

t.test('a pass ends when its time is over, however little was done', async (t) => {
  const clock = new VirtualClock()
  const queue = new RunQueue({ clock: slow(clock, 3), passMs: 4 })
  const turns: string[] = []
  queue.ready(busy(queue, 'slow', 10, turns))
  clock.step()
  t.same(
    turns,
    ['slow 1', 'slow 1'],
    'looked at the clock after each piece: the second is too late',
  )
  clock.advance(0)
  t.equal(turns.length, 10, 'the rest follows in later rounds')
})

t.test('who asks again after the time of a round is over waits for the next round', async (t) => {
  const clock = new VirtualClock()
  const queue = new RunQueue({ clock, passMost: 10 })
  const turns: string[] = []
  queue.ready(busy(queue, 'a', 12, turns))
  clock.step()
  queue.ready(busy(queue, 'b', 1, turns))
  t.notOk(turns.includes('b 1'))
  clock.advance(0)
  t.ok(turns.includes('b 1'))
})

t.test('short passes that follow each other leave a turn to timers too', async (t) => {
  const clock = new VirtualClock()
  const queue = new RunQueue({ clock, passMost: 100 })
  let turns = 0
  let timerAfter = 0
  clock.after(0, () => void (timerAfter = turns))
  const chained: Runnable = {
    run() {
      turns += 1
      clock.soon(() => queue.ready(chained)) // As who waits for an answer, and asks again.
      return 1
    },
  }
  queue.ready(chained)
  for (let steps = 0; steps < 1_000 && timerAfter === 0; steps++) clock.step()
  t.ok(timerAfter >= 100 && timerAfter < 200, `after ${timerAfter} turns`)
})

t.test('a round that was spent to the last piece is over with its round', async (t) => {
  const clock = new VirtualClock()
  const queue = new RunQueue({ clock, passMost: 1 })
  const turns: string[] = []
  queue.ready(busy(queue, 'a', 1, turns))
  clock.advance(1)
  queue.ready(busy(queue, 'b', 1, turns))
  clock.advance(0)
  t.same(turns, ['a 1', 'b 1'])
})
