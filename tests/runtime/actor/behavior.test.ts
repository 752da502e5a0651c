import t from 'tap'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import {
  type Behavior,
  reply,
  same,
  started,
  stop,
  unhandled,
} from '../../../runtime/actor/behavior.ts'
import type { Context } from '../../../runtime/actor/context.ts'
import { act, actorsOf, note, puppetSpec } from './actors-of.ts'

type BreakerMessage =
  | { readonly type: 'admit'; readonly replyTo: ActorRef<'pass' | 'reject'> }
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed' }
  | { readonly type: 'cooled' }

/** A breaker with three states, each of them a table. */
function breaker(failuresMax: number, cooldownMs: number): Behavior<BreakerMessage> {
  const closed = (failures: number): Behavior<BreakerMessage> => ({
    admit: (message) => reply(message, 'pass'),
    succeeded: () => closed(0),
    failed: (_message, context) =>
      failures + 1 < failuresMax ? closed(failures + 1) : trip(context),
    cooled: () => unhandled,
  })

  const open: Behavior<BreakerMessage> = {
    admit: (message) => reply(message, 'reject'),
    succeeded: () => same,
    failed: () => same,
    cooled: () => halfOpen,
  }

  const halfOpen: Behavior<BreakerMessage> = {
    ...open,
    admit: (message) => reply(message, 'pass', probing),
  }

  const probing: Behavior<BreakerMessage> = {
    ...open,
    succeeded: () => closed(0),
    failed: (_message, context) => trip(context),
  }

  const trip = ({ timers }: Context<BreakerMessage>): Behavior<BreakerMessage> => {
    timers.once('cooldown', cooldownMs, { type: 'cooled' })
    return open
  }

  return closed(0)
}

t.test('an actor takes its next message by the behavior that the last one left', async (t) => {
  const { system, clock, settle, dead } = actorsOf()
  const actor = system.spawn({
    name: 'breaker',
    restart: 'permanent',
    start: () => breaker(2, 1_000),
  })
  const admit = (): Promise<'pass' | 'reject'> => {
    const answer = system.ask(actor, (replyTo) => ({ type: 'admit', replyTo }), Infinity)
    settle()
    return answer
  }
  t.equal(await admit(), 'pass')
  actor.tell({ type: 'failed' })
  actor.tell({ type: 'succeeded' })
  actor.tell({ type: 'failed' })
  t.equal(await admit(), 'pass', 'one failure, after a success')
  actor.tell({ type: 'failed' })
  t.equal(await admit(), 'reject')
  clock.advance(1_000)
  t.equal(await admit(), 'pass', 'the probe')
  t.equal(await admit(), 'reject', 'nobody beside the probe')
  actor.tell({ type: 'succeeded' })
  actor.tell({ type: 'cooled' })
  t.equal(await admit(), 'pass')
  t.same(dead(), ['cooled unhandled'])
})

t.test('messages of one sender are taken in order, one at a time', async (t) => {
  const { system, settle } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  actor.tell(note('a'))
  actor.tell(
    act(({ self }) => {
      self.tell(note('d'))
      notes.push('b')
    }),
  )
  actor.tell(note('c'))
  t.same(notes, [], 'tell() runs nothing')
  settle()
  t.same(notes, ['started', 'a', 'b', 'c', 'd'])
})

t.test('started may choose another behavior, or stop', async (t) => {
  const { system, settle, dead } = actorsOf()
  const notes: string[] = []
  const second: Behavior<{ readonly type: 'x' }> = {
    x: () => {
      notes.push('second')
      return stop
    },
  }
  const first: Behavior<{ readonly type: 'x' }> = { x: () => unhandled, [started]: () => second }
  const actor = system.spawn({ name: 'a', restart: 'temporary', start: () => first })
  actor.tell({ type: 'x' })
  settle()
  t.same(notes, ['second'])
  const brief = system.spawn<{ readonly type: 'x' }>({
    name: 'b',
    restart: 'temporary',
    start: () => ({ x: () => same, [started]: () => stop }),
  })
  brief.tell({ type: 'x' })
  settle()
  t.same(dead(), ['x stopped'])
})

t.test(
  'a message of a type that the table does not have is a dead letter, not a crash',
  async (t) => {
    const { system, settle, dead, failures } = actorsOf()
    const actor = system.spawn(puppetSpec([]))
    const stranger = { type: 'strange' } as unknown as Parameters<typeof actor.tell>[0]
    actor.tell(stranger)
    actor.tell({ type: 'unwanted' })
    settle()
    t.same(dead(), ['strange unhandled', 'unwanted unhandled'])
    t.same(failures, [])
  },
)

t.test('an actor that has stopped takes nothing, and says so', async (t) => {
  const { system, settle, dead, metrics } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  t.equal(actor.tell({ type: 'stop' }), true)
  t.equal(actor.tell(note('behind the stop')), true)
  settle()
  t.equal(actor.tell(note('too late')), false)
  t.same(notes, ['started'])
  t.same(dead(), ['note stopped', 'note stopped'])
  t.equal(metrics('puppet'), undefined)
})

t.test(
  'a name is free again once its actor has stopped, and a ref never means another actor',
  async (t) => {
    const { system, settle } = actorsOf()
    const notes: string[] = []
    const first = system.spawn(puppetSpec(notes))
    t.throws(() => system.spawn(puppetSpec([])), /no two living children have one name/)
    first.tell({ type: 'stop' })
    settle()
    const second = system.spawn(puppetSpec(notes))
    settle()
    t.equal(first.tell(note('to the first')), false)
    t.equal(second.tell(note('to the second')), true)
    settle()
    t.same(notes, ['started', 'started', 'to the second'])
    for (const name of ['', 'a/b']) t.throws(() => system.spawn(puppetSpec([], { name })))
  },
)
