import t from 'tap'
import type { Command } from '../../../actors/task/command.ts'
import type { Task } from '../../../actors/task/task.ts'
import { Timers } from '../../../actors/tasks-machine/timers.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { taskOf } from '../task-of.ts'

const HOUR_MS = 3_600_000

/** Timers over tasks that a test puts there, and what they did. */
class TimersBench {
  readonly clock = new VirtualClock(0)
  readonly tasks = new Map<string, Task>()
  readonly fired: string[] = []
  readonly overran: string[] = []
  readonly timers: Timers
  /** The wall clock is doubted. */
  doubted = false
  /** The shard takes nothing at present. */
  full = false

  constructor() {
    const { clock } = this
    this.timers = new Timers({
      clock,
      shard: {
        shard: 0,
        epoch: 1,
        row: () => undefined,
        loaded: () => undefined,
        rows: () => [],
        wallMs: () => (this.doubted ? undefined : clock.wallMs()),
        propose: (command) => this.#propose(command),
      },
      task: (id) => this.tasks.get(id),
      overran: ({ id }) => void this.overran.push(id),
    })
  }

  #propose(command: Command): boolean {
    if (this.full) return false
    if (command.type === 'due') this.fired.push(command.task)
    return true
  }

  put(task: Task): void {
    const before = this.tasks.get(task.id)
    this.tasks.set(task.id, task)
    this.timers.changed(before, task)
    this.timers.arm()
  }
}

function due(id: string, dueMs: number, version = 1): Task {
  return taskOf({ id, version, dueMs, state: 'scheduled' })
}

t.test('moments fire in their order, not before, and not for an older version', async (t) => {
  const bench = new TimersBench()
  bench.put(due('d', 300))
  bench.put(due('c', 300))
  bench.put(due('a', 100))
  bench.put(due('b', 200))
  bench.put(due('a', 250, 2))
  bench.clock.advance(249)
  t.same(bench.fired, ['b'])
  bench.clock.advance(51)
  t.same(bench.fired, ['b', 'a', 'c', 'd'])
})

t.test('what is overdue at activation fires in order, a thousand a turn', async (t) => {
  const bench = new TimersBench()
  bench.clock.advance(5_000)
  for (let at = 2_500; at > 0; at--) bench.put(due(`t${at}`, at))
  bench.clock.step()
  t.equal(bench.fired.length, 1_000)
  t.same(bench.fired.slice(0, 3), ['t1', 't2', 't3'])
  bench.clock.advance(1)
  t.equal(bench.fired.length, 2_500)
  t.equal(bench.fired.at(-1), 't2500')
})

t.test('no moment fires while the clock is doubted, and all do after', async (t) => {
  const bench = new TimersBench()
  bench.put(due('a', 100))
  bench.doubted = true
  bench.clock.advance(HOUR_MS)
  t.same(bench.fired, [])
  bench.doubted = false
  bench.clock.advance(1_000)
  t.same(bench.fired, ['a'])
})

t.test('what the shard does not take fires again a moment later', async (t) => {
  const bench = new TimersBench()
  bench.put(due('a', 100))
  bench.full = true
  bench.clock.advance(200)
  bench.full = false
  bench.clock.advance(1_000)
  t.same(bench.fired, ['a'])
})

function started(id: string, startedMs: number): Task {
  const attempt = { attempt: 1, store: 's', boot: 1, node: 'n', assignedMs: startedMs, startedMs }
  const task = taskOf({ id, state: 'executing', attempt: 1, attempts: [attempt] })
  const timeouts = { ...task.spec.timeouts, startToCloseMs: 10_000 }
  return { ...task, spec: { ...task.spec, timeouts } }
}

t.test('a limit counts from the start, whatever the wall clock does meanwhile', async (t) => {
  const bench = new TimersBench()
  bench.put(started('a', 0))
  bench.clock.wallSkewMs = HOUR_MS
  bench.clock.advance(9_999)
  t.same(bench.overran, [])
  bench.clock.advance(1)
  t.same(bench.overran, ['a'])
  t.ok(bench.timers.overran(started('a', 0)))
})

t.test('what is left of a limit at activation is between nothing and all of it', async (t) => {
  for (const [startedMs, restMs] of [
    [-4_000, 6_000],
    [-60_000, 0],
    [HOUR_MS, 10_000], // Stamped by a clock that was ahead.
  ] as const) {
    const bench = new TimersBench()
    bench.put(started('a', startedMs))
    bench.clock.advance(restMs - 1)
    t.same(bench.overran, [], `started at ${startedMs}`)
    bench.clock.advance(1)
    t.same(bench.overran, ['a'], `started at ${startedMs}`)
  }
})

t.test('an attempt that ended is not over its limit', async (t) => {
  const bench = new TimersBench()
  bench.put(started('a', 0))
  bench.put({ ...started('a', 0), state: 'completed' })
  bench.clock.advance(20_000)
  t.same(bench.overran, [])
})

t.test('nothing fires once it is stopped', async (t) => {
  const bench = new TimersBench()
  bench.put(due('a', 100))
  bench.timers.stop()
  bench.put(due('b', 50))
  bench.clock.advance(HOUR_MS)
  t.same(bench.fired, [])
})
