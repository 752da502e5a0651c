import t from 'tap'
import { CellTimers } from '../../../runtime/actor/cell/cell-timers.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { act, actorsOf, note, puppetSpec, type Puppet } from './actors-of.ts'

t.test('once() and every() tell the actor at their time', async (t) => {
  const { system, clock } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  actor.tell(
    act(({ timers }) => {
      timers.once('a', 100, note('once'))
      timers.every('b', 40, note('every'))
    }),
  )
  clock.advance(99)
  t.same(notes, ['started', 'every', 'every'])
  clock.advance(21)
  t.same(notes.slice(3), ['once', 'every'])
  clock.advance(400)
  t.equal(notes.filter((each) => each === 'once').length, 1)
})

t.test('a key that is set again has only its new timer', async (t) => {
  const { system, clock } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  actor.tell(act(({ timers }) => timers.once('a', 100, note('old'))))
  actor.tell(act(({ timers }) => timers.once('a', 200, note('new'))))
  clock.advance(1_000)
  t.same(notes, ['started', 'new'])
})

/** Timers whose fires wait until they are taken. */
function timersOf() {
  const clock = new VirtualClock()
  const waiting: (() => Puppet | undefined)[] = []
  const timers = new CellTimers<Puppet>(clock, (make) => void waiting.push(make))
  return { clock, timers, taken: () => waiting.splice(0).map((make) => make()) }
}

t.test('a timer that is cancelled, or set anew, after it fired is not heard', async (t) => {
  const { clock, timers, taken } = timersOf()
  timers.once('cancelled', 100, note('a'))
  timers.once('replaced', 100, note('b'))
  timers.once('kept', 100, note('c'))
  clock.advance(100)
  timers.cancel('cancelled')
  timers.once('replaced', 50, note('d'))
  t.same(taken(), [undefined, undefined, note('c')])
  clock.advance(50)
  t.same(taken(), [note('d')])
})

t.test('a fire that waits while its life ends is not heard by the next', async (t) => {
  const { clock, timers, taken } = timersOf()
  timers.every('a', 100, note('a'))
  clock.advance(100)
  timers.cancelAll()
  t.same(taken(), [undefined])
  clock.advance(1_000)
  t.same(taken(), [])
})

t.test('timers that have not fired when their life ends never do', async (t) => {
  const { clock, timers, taken } = timersOf()
  timers.once('a', 100, note('a'))
  timers.every('b', 100, note('b'))
  timers.cancelAll()
  clock.advance(1_000)
  t.same(taken(), [])
})

t.test('a key that has fired is free again', async (t) => {
  const { clock, timers, taken } = timersOf()
  for (let key = 0; key < 3_000; key++) {
    timers.once(String(key), 1, note('a'))
    clock.advance(1)
    if (taken().length !== 1) t.fail(`fire ${key}`)
  }
})

t.test('an interval that comes round while its fire waits tells once, and goes on', async (t) => {
  const { clock, timers, taken } = timersOf()
  timers.every('a', 100, note('a'))
  clock.advance(350)
  t.same(taken(), [note('a')])
  clock.advance(50)
  t.same(taken(), [note('a')])
})

t.test('timers of a life that is over are silent', async (t) => {
  const { system, clock } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  const set = act(({ timers }) => {
    timers.once('a', 500, note('once'))
    timers.every('b', 300, note('every'))
  })
  actor.tell(set)
  actor.tell({ type: 'crash' })
  clock.advance(2_000)
  t.same(notes, ['started', 'started'])
  actor.tell(set)
  actor.tell({ type: 'stop' })
  clock.advance(2_000)
  t.same(notes, ['started', 'started'])
  t.equal(system.deadLetters.counts.stopped, 0)
})

t.test('more timers than an actor may set are a bug of it', async (t) => {
  const { system, settle, failures } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  actor.tell(
    act(({ timers }) => {
      for (let key = 0; key <= 1_024; key++) timers.once(String(key), 1_000, note('x'))
    }),
  )
  settle()
  t.same(failures, ['puppet: an actor sets no more timers than it may'])
})
