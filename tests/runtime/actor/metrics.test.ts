import t from 'tap'
import { Counts } from '../../../runtime/actor/metrics.ts'
import { act, actorsOf, note, puppetSpec } from './actors-of.ts'

t.test('each living actor says how it does, supervisors before their children', async (t) => {
  const { system, settle, metrics } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  actor.tell(act((context) => context.spawn(puppetSpec([], { name: 'child' }))))
  for (const what of ['a', 'b', 'c']) actor.tell(note(what))
  settle()
  t.same(
    [...system.metrics()].map(({ id }) => id),
    ['puppet', 'puppet/child'],
  )
  t.match(metrics('puppet'), {
    status: 'running',
    messages: 4,
    failures: 0,
    restarts: 0,
    refused: 0,
    expired: 0,
    waiting: 0,
    waitingMax: 4,
    stashed: 0,
  })
})

t.test('one turn in 64 is timed, the first among them', async (t) => {
  const counts = new Counts()
  const timed = Array.from({ length: 130 }, () => counts.turn(0))
  t.same(
    timed.flatMap((each, at) => (each ? [at] : [])),
    [0, 64, 128],
  )
  const { system, settle, metrics } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  settle()
  t.equal(metrics('puppet')?.meanMs, undefined)
  actor.tell(note('a'))
  settle()
  t.equal(metrics('puppet')?.meanMs, 0, 'in virtual time')
})

t.test('the mean is of messages, the slowest of turns', async (t) => {
  const counts = new Counts()
  t.same(counts.times, { meanMs: undefined, slowestMs: undefined })
  counts.timed(10, 20)
  counts.timed(1, 2)
  t.same(counts.times, { meanMs: 2, slowestMs: 20 })
})
