import type { Clock } from '../scheduling/clock.ts'
import type { ActorRef } from './actor-ref.ts'
import type { AnswerTo, Question } from './asks.ts'
import type { Message } from './behavior.ts'
import type { ChildSpec } from './child-spec.ts'

/**
 * What a handler may do beside returning its next behavior. Good for one life of an actor: what
 * was begun in it (timers, promises, watches, children) ends with it, and never reaches the next.
 */
export interface Context<in out M extends Message> {
  readonly self: ActorRef<M>
  readonly clock: Clock
  readonly timers: Timers<M>
  /** When the message that is being handled expires, on the monotonic clock; `Infinity` for one without a deadline. */
  readonly deadlineMs: number

  /** Starts a child in its own next turn; messages may be told at once. */
  spawn<N extends Message>(spec: ChildSpec<N>): ActorRef<N>
  /** Ends a child of this actor, for good; one that has stopped already is ignored. */
  stop(child: ActorRef<never>): void
  /** Signals `terminated` once, when the actor has stopped for good; at once if it has already. A restart is not told. */
  watch(actor: ActorRef<never>): void
  unwatch(actor: ActorRef<never>): void

  /** What was stashed is taken next, in its order, before all that waits. */
  unstash(): void
  /**
   * The result of the promise, or its error, comes back as a message. It is never refused: an actor
   * bounds what it begins, at most [1,024] at a time.
   */
  pipe<T>(promise: Promise<T>, toMessage: (result: T | Error) => M): void
  /** `pipe` for parts that answer by calling back: any number of times, each in order and never refused. */
  adapt<T>(toMessage: (answer: T) => M): (answer: T) => void
  /** `ask` on behalf of the message that is being handled: by default with 95 % of what is left of its deadline, or [5 s]. */
  ask<N extends Message, T extends string>(
    actor: ActorRef<N>,
    question: Question<N, T>,
    deadlineMs?: number,
  ): Promise<AnswerTo<N, T>>
  /** Runs when this life of the actor ends, however it ends: for what it has subscribed to. */
  onEnd(run: () => void): void
}

/** Messages to oneself, later. Each has a key; setting a key again replaces what it had. */
export interface Timers<M extends Message> {
  once(key: string, delayMs: number, message: M): void
  /** First after one interval. A fire that is not yet handled when the next is due stands for both. */
  every(key: string, intervalMs: number, message: M): void
  /** Also takes back a fire that waits in the mailbox. */
  cancel(key: string): void
}
