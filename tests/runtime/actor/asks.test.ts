import t from 'tap'
import { RuntimeError } from '../../../runtime/errors.ts'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import { Asks } from '../../../runtime/actor/asks.ts'
import { same, type Behavior } from '../../../runtime/actor/behavior.ts'
import { DeadLetters } from '../../../runtime/actor/dead-letters.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { act, actorsOf, puppetSpec, type Puppet } from './actors-of.ts'

function question(replyTo: ActorRef<string>): Puppet & { readonly type: 'ask' } {
  return { type: 'ask', replyTo }
}

/** The code that a promise rejects with, or what it resolved to. */
async function outcomeOf(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    return error instanceof RuntimeError ? error.code : error
  }
}

type Slow = { readonly type: 'ask'; readonly replyTo: ActorRef<string> } | { readonly type: 'go' }

/** Keeps those who ask waiting until it is told to go. */
function slow(waiting: ActorRef<string>[]): Behavior<Slow> {
  return {
    ask: ({ replyTo }) => {
      waiting.push(replyTo)
      return same
    },
    go: () => {
      for (const replyTo of waiting.splice(0)) replyTo.tell('answer')
      return same
    },
  }
}

t.test('ask() resolves to the answer', async (t) => {
  const { system, settle } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  const answer = system.ask(actor, question, 1_000)
  settle()
  t.equal(await answer, 'answer')
})

t.test(
  'ask() rejects at its deadline, and an answer after it is ignored and counted',
  async (t) => {
    const { system, clock, settle, dead } = actorsOf()
    const actor = system.spawn({ name: 'slow', restart: 'temporary', start: () => slow([]) })
    const answer = outcomeOf(system.ask(actor, question, 1_000))
    clock.advance(999)
    const early = outcomeOf(system.ask(actor, question, 2_000))
    clock.advance(9)
    t.equal(await answer, 'DEADLINE_EXCEEDED')
    actor.tell({ type: 'go' })
    settle()
    t.equal(await early, 'answer')
    t.same(dead(), ['answer late'])
  },
)

t.test('the second answer to a question is ignored and counted', async (t) => {
  const { system, settle, dead } = actorsOf()
  const waiting: ActorRef<string>[] = []
  const actor = system.spawn({ name: 'slow', restart: 'temporary', start: () => slow(waiting) })
  const answer = system.ask(actor, question, 1_000)
  settle()
  const [replyTo] = waiting
  t.same([replyTo?.tell('first'), replyTo?.tell('second')], [true, false])
  t.equal(await answer, 'first')
  t.same(dead(), ['answer late'])
})

t.test('a question that is taken after its deadline is dropped', async (t) => {
  const { system, clock, settle, metrics, dead } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(puppetSpec(notes))
  settle()
  actor.tell({ type: 'crash' })
  settle()
  const answer = outcomeOf(system.ask(actor, question, 20))
  actor.tell({ type: 'note', what: 'expired' }, 20)
  actor.tell({ type: 'note', what: 'in time' }, 2_000)
  clock.advance(1_000)
  t.equal(await answer, 'DEADLINE_EXCEEDED')
  t.same(notes, ['started', 'started', 'in time'])
  t.equal(metrics('puppet')?.expired, 2)
  t.same(dead(), ['ask expired', 'note expired'])
})

t.test('ask() of a full mailbox is refused at once, with a hint when to try again', async (t) => {
  const { system } = actorsOf()
  const actor = system.spawn(puppetSpec([], { mailbox: { messagesMax: 1 } }))
  actor.tell({ type: 'stop' })
  const error: unknown = await system.ask(actor, question, 1_000).catch((why: unknown) => why)
  t.match(error, { code: 'MAILBOX_FULL', retryable: true, retryAfterMs: 100 })
  t.match(error, { message: 'Cannot ask "puppet": its mailbox is full' })
})

t.test('ask() hears of the end of whom it asks, before and after', async (t) => {
  const { system, settle } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  actor.tell({ type: 'stop' })
  const behind = outcomeOf(system.ask(actor, question, 1_000))
  settle()
  t.equal(await behind, 'ACTOR_STOPPED')
  t.equal(await outcomeOf(system.ask(actor, question, 1_000)), 'ACTOR_STOPPED')
})

t.test(
  'ask() over which the actor fails is of unknown outcome; those behind it are answered',
  async (t) => {
    const { system, clock, settle, failures } = actorsOf()
    type Fragile = { readonly type: 'ask' | 'kill'; readonly replyTo: ActorRef<string> }
    const actor = system.spawn<Fragile>({
      name: 'fragile',
      restart: 'transient',
      start: () => ({
        ask: ({ replyTo }) => (replyTo.tell('answer'), same),
        kill: () => {
          throw new Error('killed')
        },
      }),
    })
    const killed = outcomeOf(system.ask(actor, (replyTo) => ({ type: 'kill', replyTo }), 1_000))
    const behind = outcomeOf(system.ask(actor, (replyTo) => ({ type: 'ask', replyTo }), 1_000))
    settle()
    t.equal(await killed, 'UNAVAILABLE')
    clock.advance(100)
    t.equal(await behind, 'answer')
    t.same(failures, ['fragile: killed'])
  },
)

t.test('ask() for what the behavior does not want is refused', async (t) => {
  const { system, settle } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  const ask = (replyTo: ActorRef<never>) => ({ type: 'unwanted', replyTo }) as const
  const answer = outcomeOf(system.ask(actor, ask, 1_000))
  settle()
  t.equal(await answer, 'FAILED_PRECONDITION')
})

t.test(
  'a deadline is passed on with what is asked on its behalf, less a share for the way back',
  async (t) => {
    const { system, settle } = actorsOf()
    const deadlines: number[] = []
    const asked: number[] = []
    const inner = system.spawn<Slow>({
      name: 'inner',
      restart: 'temporary',
      start: () => ({
        ask: ({ replyTo }, { deadlineMs }) => {
          asked.push(deadlineMs)
          replyTo.tell('answer')
          return same
        },
        go: () => same,
      }),
    })
    const outer = system.spawn(puppetSpec([]))
    const pass = act((context) => {
      deadlines.push(context.deadlineMs)
      context.ask(inner, question).catch(() => undefined)
    })
    outer.tell(pass, 1_000)
    outer.tell(pass)
    settle()
    t.same(deadlines, [1_000, Infinity])
    t.same(asked, [950, 5_000])
  },
)

t.test('what is settled waits for no deadline any more', async (t) => {
  const clock = new VirtualClock()
  const asks = new Asks(clock, new DeadLetters(clock))
  const { system, settle } = actorsOf()
  const actor = system.spawn(puppetSpec([], { mailbox: { messagesMax: 1 } }))
  const answer = asks.ask(actor, question, 5_000)
  const refused = outcomeOf(asks.ask(actor, question, 5_000))
  t.equal(asks.deadlines.count, 1)
  settle()
  t.equal(asks.deadlines.count, 0)
  t.same([await answer, await refused], ['answer', 'MAILBOX_FULL'])
})

t.test('thousands of questions that are answered leave no timer behind', async (t) => {
  const { system, clock, settle } = actorsOf()
  const actor = system.spawn(puppetSpec([]))
  for (let round = 0; round < 100; round++) {
    const answers = Array.from({ length: 100 }, () => system.ask(actor, question, 5_000))
    settle()
    await Promise.all(answers)
  }
  t.ok(clock.waitingCount < 10, `${clock.waitingCount} timers`)
})
