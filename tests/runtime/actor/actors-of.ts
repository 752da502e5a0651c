import { ActorSystem } from '../../../runtime/actor/actor-system.ts'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import { type Behavior, same, started, stop, unhandled } from '../../../runtime/actor/behavior.ts'
import type { ChildSpec } from '../../../runtime/actor/child-spec.ts'
import type { Context } from '../../../runtime/actor/context.ts'
import type { ActorMetrics } from '../../../runtime/actor/metrics.ts'
import { seededRandom } from '../../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'

/** Actors on virtual time, and what became known of their failures. */
export function actorsOf() {
  const clock = new VirtualClock()
  const failures: string[] = []
  const system = new ActorSystem({
    clock,
    random: seededRandom(1),
    failed: (id, error) => void failures.push(`${id}: ${(error as Error).message}`),
  })
  return {
    clock,
    system,
    failures,
    /** Lets everything run that needs no time. */
    settle: () => clock.advance(0),
    metrics(id: string): ActorMetrics | undefined {
      return [...system.metrics()].find((each) => each.id === id)
    },
    /** The reasons of dead letters, with what they were. */
    dead: () => system.deadLetters.recent().map(({ type, reason }) => `${type} ${reason}`),
  }
}

/** Does whatever it is told to. */
export type Puppet =
  | { readonly type: 'note'; readonly what: string }
  | { readonly type: 'act'; act(context: Context<Puppet>): unknown }
  | { readonly type: 'crash' }
  | { readonly type: 'stop' }
  | { readonly type: 'unwanted'; readonly replyTo?: ActorRef<never> }
  | { readonly type: 'ask'; readonly replyTo: ActorRef<string> }

/** A puppet that notes in `notes` what it hears, and that it was started. */
export function puppet(notes: string[]): Behavior<Puppet> {
  return {
    [started]: () => {
      notes.push('started')
      return same
    },
    note: ({ what }) => {
      notes.push(what)
      return same
    },
    act: ({ act }, context) => {
      act(context)
      return same
    },
    crash: () => {
      throw new Error('it crashes')
    },
    stop: () => stop,
    unwanted: () => unhandled,
    ask: ({ replyTo }) => {
      replyTo.tell('answer')
      return same
    },
  }
}

export function puppetSpec(
  notes: string[],
  more: Partial<ChildSpec<Puppet>> = {},
): ChildSpec<Puppet> {
  return { name: 'puppet', restart: 'transient', start: () => puppet(notes), ...more }
}

export function note(what: string): Puppet {
  return { type: 'note', what }
}

/** Runs `act` as the actor. */
export function act(run: (context: Context<Puppet>) => unknown): Puppet {
  return { type: 'act', act: run }
}
