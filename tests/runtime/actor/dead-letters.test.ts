import t from 'tap'
import { actorIdOf } from '../../../runtime/actor/actor-ref.ts'
import { type DeadLetter, DeadLetters } from '../../../runtime/actor/dead-letters.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'

t.test('dead letters are counted for ever, and the newest hundred can be seen', async (t) => {
  const letters = new DeadLetters(new VirtualClock(1_000))
  const to = actorIdOf('a')
  t.same(letters.recent(), [])
  for (let count = 0; count < 250; count++) letters.add(to, `m${count}`, 'full')
  letters.add(to, 'last', 'stopped')
  t.match(letters.counts, { full: 250, stopped: 1, expired: 0, unhandled: 0, late: 0 })
  const recent = letters.recent()
  t.equal(recent.length, 100)
  t.same(recent[0], { to, type: 'm151', reason: 'full', atWallMs: 1_000 })
  t.equal(recent.at(-1)?.type, 'last')
})

t.test('who observes hears of each, until it has had enough', async (t) => {
  const letters = new DeadLetters(new VirtualClock())
  const heard: DeadLetter[] = []
  const observing = letters.observe((letter) => void heard.push(letter))
  letters.add(actorIdOf('a'), 'x', 'expired')
  observing.cancel()
  letters.add(actorIdOf('a'), 'y', 'expired')
  t.same(
    heard.map(({ type }) => type),
    ['x'],
  )
})
