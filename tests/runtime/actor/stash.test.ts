import t from 'tap'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import {
  type Behavior,
  reply,
  same,
  started,
  stash,
  stop,
  terminated,
} from '../../../runtime/actor/behavior.ts'
import type { ChildSpec } from '../../../runtime/actor/child-spec.ts'
import { actorsOf } from './actors-of.ts'

type Loader =
  | { readonly type: 'query'; readonly n: number }
  | { readonly type: 'ask'; readonly replyTo: ActorRef<string> }
  | { readonly type: 'loaded' | 'crash' | 'stop' }

function serving(notes: string[]): Behavior<Loader> {
  return {
    query: ({ n }, { deadlineMs }) => {
      notes.push(deadlineMs === Infinity ? `query ${n}` : `query ${n} until ${deadlineMs}`)
      return same
    },
    ask: (message) => reply(message, 'answer'),
    loaded: () => same,
    crash: () => {
      throw new Error('it crashes')
    },
    stop: () => stop,
  }
}

/** Keeps queries until it has loaded. */
function loading(notes: string[]): Behavior<Loader> {
  return {
    ...serving(notes),
    query: () => stash,
    ask: () => stash,
    loaded: (_message, context) => {
      context.unstash()
      return serving(notes)
    },
  }
}

function loaderSpec(notes: string[], more: Partial<ChildSpec<Loader>> = {}): ChildSpec<Loader> {
  return { name: 'loader', restart: 'transient', start: () => loading(notes), ...more }
}

t.test('what is stashed is taken by the next behavior, first and in order', async (t) => {
  const { system, settle, metrics } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(loaderSpec(notes))
  for (const n of [1, 2, 3]) actor.tell({ type: 'query', n })
  settle()
  t.same(notes, [])
  t.match(metrics('loader'), { stashed: 3, waiting: 0, messages: 3 })
  actor.tell({ type: 'loaded' })
  actor.tell({ type: 'query', n: 4 })
  settle()
  t.same(notes, ['query 1', 'query 2', 'query 3', 'query 4'])
  t.equal(metrics('loader')?.stashed, 0)
})

t.test('a stashed message keeps its deadline', async (t) => {
  const { system, clock, settle, dead } = actorsOf()
  const notes: string[] = []
  const actor = system.spawn(loaderSpec(notes))
  actor.tell({ type: 'query', n: 1 }, 100)
  actor.tell({ type: 'query', n: 2 }, 5_000)
  settle()
  clock.advance(1_000)
  actor.tell({ type: 'loaded' })
  settle()
  t.same(notes, ['query 2 until 5000'])
  t.same(dead(), ['query expired'])
})

t.test(
  'stashing is bounded with the mailbox: the sender hears of it, and nothing is lost',
  async (t) => {
    const { system, settle } = actorsOf()
    const notes: string[] = []
    const actor = system.spawn(
      loaderSpec(notes, { mailbox: { messagesMax: 3, control: ['loaded'] } }),
    )
    const told = [1, 2, 3, 4, 5].map((n) => {
      const taken = actor.tell({ type: 'query', n })
      settle()
      return taken
    })
    t.same(told, [true, true, true, false, false])
    actor.tell({ type: 'loaded' })
    settle()
    t.same(notes, ['query 1', 'query 2', 'query 3'])
    t.equal(actor.tell({ type: 'query', n: 6 }), true)
  },
)

t.test(
  'stashed messages of an actor that stops are dead letters, and their askers hear of it',
  async (t) => {
    const { system, settle, dead } = actorsOf()
    const actor = system.spawn(loaderSpec([]))
    actor.tell({ type: 'query', n: 1 })
    const answer = system.ask(actor, (replyTo) => ({ type: 'ask', replyTo }), 1_000)
    settle()
    actor.tell({ type: 'stop' })
    settle()
    t.same(dead(), ['query stopped', 'ask stopped'])
    await t.rejects(answer, { code: 'ACTOR_STOPPED' })
  },
)

t.test('stashed messages outlive a restart: the next life takes them first', async (t) => {
  const { system, clock, settle } = actorsOf()
  const notes: string[] = []
  let lives = 0
  const start = (): Behavior<Loader> => {
    lives += 1
    return lives === 1 ? loading(notes) : serving(notes)
  }
  const actor = system.spawn(loaderSpec(notes, { start }))
  actor.tell({ type: 'query', n: 1 })
  settle()
  actor.tell({ type: 'crash' })
  actor.tell({ type: 'query', n: 2 })
  clock.advance(100)
  t.same(notes, ['query 1', 'query 2'])
})

t.test('a signal cannot be stashed', async (t) => {
  const { system, settle, failures } = actorsOf()
  type X = { readonly type: 'x' }
  const child: ChildSpec<X> = {
    name: 'child',
    restart: 'temporary',
    start: () => ({ x: () => stop }),
  }
  const actor = system.spawn<X>({
    name: 'a',
    restart: 'temporary',
    start: () => ({
      x: () => same,
      [started]: (context) => {
        const ref = context.spawn(child)
        context.watch(ref)
        ref.tell({ type: 'x' })
        return same
      },
      [terminated]: () => stash,
    }),
  })
  settle()
  t.same(failures, ['a: a signal is not stashed'])
  t.equal(actor.tell({ type: 'x' }), false)
})
