/**
 * One actor that is blocked and gets 100,000 messages: how long others wait for an answer meanwhile,
 * and how long it takes itself to say that it is blocked.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { ActorRef } from '../../../runtime/actor/actor-ref.ts'
import type { ActorSystem } from '../../../runtime/actor/actor-system.ts'
import { type Behavior, reply, stash } from '../../../runtime/actor/behavior.ts'
import { answererOf, type Question, systemOf } from '../actors.ts'
import { type Bench, bounded, compared, type Figure, quantile, type Result } from '../figure.ts'

const MESSAGES = 100_000
/** Told at a time, each millisecond, so that the flood lasts while others are asked. */
const BURST = 50
const DEADLINE_MS = 1_000
const CONTROL_MS_MAX = 100

type Blocked =
  | { readonly type: 'work' }
  | { readonly type: 'inspect'; readonly replyTo: ActorRef<'blocked'> }

export const flood: Figure = {
  id: 'flood',
  title: 'one blocked actor gets 100,000 messages: the answers of others, and its own',
  measure,
}

async function measure({ say }: Bench): Promise<readonly Result[]> {
  const system = systemOf()
  const other = answererOf(system)
  const blocked = system.spawn<Blocked>({
    name: 'blocked',
    restart: 'permanent',
    mailbox: { control: ['inspect'] },
    start: blocking,
  })
  const inspect = (): Promise<unknown> => system.ask(blocked, toInspect, deadline())
  const answer = (): Promise<unknown> => system.ask(other, toAsk, deadline())
  await spans(answer, MESSAGES / BURST) // Compiled by now.
  say('without the flood')
  const calm = await spans(answer, MESSAGES / BURST)
  say(`with ${MESSAGES} messages`)
  const before = refusedOf(system)
  const busy = await spans(answer, MESSAGES / BURST, () => burst(blocked))
  const control = await spans(inspect, 200, () => burst(blocked))
  const refused = refusedOf(system) - before
  if (refused < MESSAGES - 1_024) throw new Error(`Cannot flood it: ${refused} were refused`)
  const id = 'flood'
  const p99 = { id, what: 'p99 of others', value: quantile(busy, 0.99), unit: 'ms' }
  const slowest = { id: 'flood.control', what: 'its slowest answer', value: Math.max(...control) }
  return [
    compared(p99, [{ name: 'without the flood', value: quantile(calm, 0.99) }]),
    bounded({ ...slowest, unit: 'ms' }, CONTROL_MS_MAX),
  ]
}

/** Waits for something that does not come, and keeps its work until then. */
function blocking(): Behavior<Blocked> {
  return { work: () => stash, inspect: (message) => reply(message, 'blocked') }
}

function toInspect(replyTo: ActorRef<'blocked'>): Extract<Blocked, { readonly type: 'inspect' }> {
  return { type: 'inspect', replyTo }
}

function toAsk(replyTo: Question['replyTo']): Question {
  return { type: 'ask', replyTo }
}

function deadline(): number {
  return performance.now() + DEADLINE_MS
}

/** What each of so many answers took, one a millisecond, each asked for right behind what `meanwhile` does. */
async function spans(
  ask: () => Promise<unknown>,
  count: number,
  meanwhile?: () => void,
): Promise<readonly number[]> {
  const took: number[] = []
  for (let at = 0; at < count; at++) {
    await pause(1)
    const askedMs = performance.now()
    meanwhile?.()
    await ask()
    took.push(performance.now() - askedMs)
  }
  return took
}

function burst(blocked: ActorRef<Blocked>): void {
  for (let count = 0; count < BURST; count++) blocked.tell({ type: 'work' })
}

function refusedOf(system: ActorSystem): number {
  return [...system.metrics()].reduce((sum, { refused }) => sum + refused, 0)
}
