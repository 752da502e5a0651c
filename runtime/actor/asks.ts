import { RuntimeError } from '../errors.ts'
import type { Clock } from '../scheduling/clock.ts'
import { Deadlines, type Due } from '../scheduling/deadlines.ts'
import { actorIdOf, type ActorRef } from './actor-ref.ts'
import type { Asking, Message, OfType } from './behavior.ts'
import type { DeadLetters, DeadReason } from './dead-letters.ts'

/** When a full mailbox is worth trying again. Unit: ms. */
const RETRY_MS = 100
const ASKER = actorIdOf('asker')

/** Everything that the messages of `M` may be answered with. */
export type AnswersOf<M> = M extends Asking<infer R> ? R : never
/** What a message of one type is answered with. */
export type AnswerTo<M extends Message, T extends string> = AnswersOf<OfType<M, T>>

/** Makes the message, with the address for its answer in it. */
export type Question<M extends Message, T extends string> = (
  replyTo: ActorRef<AnswersOf<M>>,
) => NoInfer<M> & { readonly type: T }

/**
 * Tells an actor something that it answers, and waits for the answer until a moment.
 *
 * Rejects with `MAILBOX_FULL` and a hint when to try again; `ACTOR_STOPPED`; `UNAVAILABLE` when the
 * actor failed over the message, which may or may not have had its effect; `FAILED_PRECONDITION`
 * when it wants no such message in its present state; `DEADLINE_EXCEEDED`, after which an answer is
 * ignored. The deadline goes with the message: the actor does not take it up later than that.
 */
export class Asks {
  readonly deadlines: Deadlines
  readonly #deadLetters: DeadLetters

  constructor(clock: Clock, deadLetters: DeadLetters) {
    this.deadlines = new Deadlines(clock)
    this.#deadLetters = deadLetters
  }

  /** @param deadlineMs on the monotonic clock. */
  ask<M extends Message, T extends string>(
    actor: ActorRef<M>,
    question: Question<M, T>,
    deadlineMs: number,
  ): Promise<AnswerTo<M, T>> {
    return new Promise((resolve, reject) => {
      const asked = new OpenQuestion(this, actor.id, deadlineMs, { resolve, reject })
      this.deadlines.add(asked)
      actor.tell(question(asked), deadlineMs) // Refused, it is a dead letter, which fails the question.
    })
  }

  late(): void {
    this.#deadLetters.add(ASKER, 'answer', 'late')
  }
}

interface Settling {
  resolve(answer: unknown): void
  reject(error: RuntimeError): void
}

/** An answer that is waited for: whoever is asked sees it as `replyTo`. */
class OpenQuestion implements ActorRef<unknown>, Due {
  readonly id = ASKER
  readonly deadlineMs: number
  place = 0
  readonly #asks: Asks
  readonly #asked: string
  #settling: Settling | undefined

  constructor(asks: Asks, asked: string, deadlineMs: number, settling: Settling) {
    this.#asks = asks
    this.#asked = asked
    this.deadlineMs = deadlineMs
    this.#settling = settling
  }

  tell(answer: unknown): boolean {
    const settling = this.#settling
    if (!settling) {
      this.#asks.late()
      return false
    }
    this.#settled()
    settling.resolve(answer)
    return true
  }

  refuse(reason: Refusal): void {
    const settling = this.#settling
    if (!settling) return
    this.#settled()
    settling.reject(this.#error(reason))
  }

  /** Called by `Deadlines`, which has removed it. */
  expire(): void {
    const settling = this.#settling
    this.#settling = undefined
    settling?.reject(this.#error('expired'))
  }

  #settled(): void {
    this.#settling = undefined
    this.#asks.deadlines.remove(this)
  }

  #error(reason: Refusal): RuntimeError {
    const { code, why, ...options } = REFUSALS[reason]
    return new RuntimeError(code, `Cannot ask "${this.#asked}": ${why}`, options)
  }
}

type Refusal = Exclude<DeadReason, 'late'> | 'failed'

const REFUSALS = {
  full: { code: 'MAILBOX_FULL', why: 'its mailbox is full', retryAfterMs: RETRY_MS },
  stopped: { code: 'ACTOR_STOPPED', why: 'it has stopped' },
  expired: { code: 'DEADLINE_EXCEEDED', why: 'there is no answer at the deadline' },
  unhandled: { code: 'FAILED_PRECONDITION', why: 'it takes no such message now' },
  failed: { code: 'UNAVAILABLE', why: 'it failed while it handled the message' },
} as const

/** Whoever asked this is told that there will be no answer. */
export function refuse(message: object, reason: Refusal): void {
  if ('replyTo' in message && message.replyTo instanceof OpenQuestion)
    message.replyTo.refuse(reason)
}
