/** The actors that `tell` and `ask` measure, through what the runtime gives to everybody. */
import type { ActorRef } from '../../runtime/actor/actor-ref.ts'
import { ActorSystem } from '../../runtime/actor/actor-system.ts'
import { type Behavior, reply, same, stop } from '../../runtime/actor/behavior.ts'
import { systemClock } from '../../runtime/scheduling/system-clock.ts'
import { systemRandom } from '../../runtime/scheduling/system-random.ts'

/** Messages on their way to one receiver: its mailbox is bounded, so senders wait to be asked for more. */
const WINDOW = 512

type Numbers = { readonly type: 'number'; readonly number: number; readonly from: ActorRef<More> }
type More = { readonly type: 'more' }
export type Question = { readonly type: 'ask'; readonly replyTo: ActorRef<Answer> }
type Answer = { readonly type: 'answer' }

const ANSWER: Answer = { type: 'answer' }

let spawned = 0

export function systemOf(): ActorSystem {
  return new ActorSystem({
    clock: systemClock,
    random: systemRandom,
    failed(_id, error) {
      throw error
    },
  })
}

/** Each sender tells a receiver of its own; resolves to the messages a second. */
export async function tellRate(pairs: number, total: number): Promise<number> {
  const system = systemOf()
  const each = Math.floor(total / pairs)
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: pairs }, () => counted(system, each)))
  return total / ((performance.now() - startedMs) / 1_000)
}

function counted(system: ActorSystem, total: number): Promise<void> {
  return new Promise((done) => {
    const name = String(++spawned)
    const receiver = system.spawn<Numbers>({
      name: `receiver-${name}`,
      restart: 'temporary',
      start: () => receiving(total, done),
    })
    const sender = system.spawn<More>({
      name: `sender-${name}`,
      restart: 'temporary',
      start: ({ self }) => sending(total, receiver, self),
    })
    sender.tell({ type: 'more' })
  })
}

function receiving(total: number, done: () => void): Behavior<Numbers> {
  let count = 0
  return {
    number: ({ from }) => {
      count += 1
      if (count % WINDOW === 0) from.tell({ type: 'more' })
      if (count < total) return same
      done()
      return stop
    },
  }
}

function sending(total: number, to: ActorRef<Numbers>, from: ActorRef<More>): Behavior<More> {
  let sent = 0
  return {
    more: () => {
      for (const until = Math.min(total, sent + WINDOW); sent < until; sent++) {
        to.tell({ type: 'number', number: sent, from })
      }
      return sent < total ? same : stop
    },
  }
}

/** Two actors that ask and answer each other; resolves to the round trips a second. */
export async function askRate(total: number): Promise<number> {
  const system = systemOf()
  const answerer = answererOf(system)
  const startedMs = performance.now()
  await new Promise<void>((done) => {
    system.spawn<Answer>({
      name: 'asker',
      restart: 'temporary',
      start: ({ self }) => asking(total, answerer, self, done),
    })
  })
  return total / ((performance.now() - startedMs) / 1_000)
}

export function answererOf(system: ActorSystem): ActorRef<Question> {
  return system.spawn<Question>({
    name: 'answerer',
    restart: 'permanent',
    start: () => ({ ask: (question) => reply(question, ANSWER) }),
  })
}

function asking(
  total: number,
  answerer: ActorRef<Question>,
  replyTo: ActorRef<Answer>,
  done: () => void,
): Behavior<Answer> {
  let count = 0
  answerer.tell({ type: 'ask', replyTo })
  return {
    answer: () => {
      count += 1
      if (count < total) answerer.tell({ type: 'ask', replyTo })
      else done()
      return same
    },
  }
}
