import t from 'tap'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import { reply, same, stash, type Behavior } from '../../../runtime/actor/behavior.ts'
import type { Context } from '../../../runtime/actor/context.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { actorsOf } from './actors-of.ts'

type Blocked =
  | { readonly type: 'work'; readonly replyTo: ActorRef<'done'> }
  | { readonly type: 'inspect'; readonly replyTo: ActorRef<'blocked' | 'free'> }
  | { readonly type: 'freed' }

const BLOCKED_MS = 60_000

/** Begins with something that takes a minute, and keeps its work until then. */
function blocking(): Behavior<Blocked> {
  const free: Behavior<Blocked> = {
    work: (message) => reply(message, 'done'),
    inspect: (message) => reply(message, 'free'),
    freed: () => same,
  }
  const blocked: Behavior<Blocked> = {
    work: () => stash,
    inspect: (message) => reply(message, 'blocked'),
    freed: (_message, context) => {
      context.unstash()
      return free
    },
  }
  return {
    ...free,
    work: (_message, { timers }: Context<Blocked>) => {
      timers.once('freed', BLOCKED_MS, { type: 'freed' })
      return blocked
    },
  }
}

t.test(
  '100,000 messages to an actor that is blocked for a minute: bounded, refused, and harmless',
  async (t) => {
    const { system, clock, settle, metrics, failures } = actorsOf()
    const actor = system.spawn<Blocked>({
      name: 'blocked',
      restart: 'permanent',
      start: blocking,
      mailbox: { control: ['inspect'] },
    })
    let outcomes: Record<string, number> = {}
    const ask = (deadlineMs: number): void => {
      system
        .ask(actor, (replyTo) => ({ type: 'work', replyTo }), deadlineMs)
        .then(
          (answer) => (outcomes[answer] = (outcomes[answer] ?? 0) + 1),
          (error: unknown) => {
            const code = error instanceof RuntimeError ? error.code : 'bug'
            outcomes[code] = (outcomes[code] ?? 0) + 1
          },
        )
    }
    ask(Infinity)
    settle()
    for (let count = 0; count < 100_000; count++) {
      ask(Infinity)
      if (count % 100 === 0) settle()
    }
    settle()
    await new Promise<void>(
      (resolve) => void Promise.resolve().then(() => Promise.resolve().then(resolve)),
    )
    t.same(outcomes, { MAILBOX_FULL: 100_000 - 1_024 })
    t.match(metrics('blocked'), { stashed: 1_024, waiting: 0, refused: 100_000 - 1_024 })

    const other = system.spawn<Blocked>({ name: 'other', restart: 'permanent', start: blocking })
    const inspect = (replyTo: ActorRef<'blocked' | 'free'>) =>
      ({ type: 'inspect', replyTo }) as const
    const answers = [system.ask(actor, inspect, 100), system.ask(other, inspect, 100)]
    const atMs = clock.monotonicMs()
    settle()
    t.equal(clock.monotonicMs(), atMs)
    t.same(await Promise.all(answers), ['blocked', 'free'], 'in no time')

    outcomes = {}
    clock.advance(BLOCKED_MS)
    for (let count = 0; count < 10; count++) await Promise.resolve()
    t.same(outcomes, { done: 1_024 }, 'whatever had a place is done')
    t.match(metrics('blocked'), { stashed: 0, waiting: 0 })
    t.same(failures, [])
  },
)
