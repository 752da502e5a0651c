import type { ActorRef } from './actor-ref.ts'
import type { Context } from './context.ts'

/** What actors tell each other: plain values, told apart by `type`, and never changed once told. */
export interface Message {
  readonly type: string
}

/**
 * What an actor does with its next message: a table with a handler for each type of message, and
 * for the signals it cares for. A state of an actor is one table; its data are what the table's
 * handlers close over.
 *
 * A type without a handler does not compile. Neither does an asynchronous handler, since a promise
 * is no `Next`: see `pipe`. So a handler runs from its first line to its last with nothing between.
 */
export type Behavior<M extends Message> = Handlers<M> & Signals<M>

export type Handlers<M extends Message> = {
  readonly [T in M['type']]: (message: OfType<M, T>, context: Context<M>) => Next<M>
}

/** The members of a union of messages that may have this type. */
export type OfType<M extends Message, T extends string> = M extends unknown
  ? T extends M['type']
    ? M
    : never
  : never

/** Told by the runtime, not by other actors. */
export interface Signals<M extends Message> {
  /** Before the first message; after a restart too. */
  readonly [started]?: (context: Context<M>) => Next<M>
  /** Somebody wants this actor to stop: it may go on until it says `stop`, at most for its `shutdownMs`. Without a handler it stops at once. */
  readonly [stopping]?: (context: Context<M>) => Next<M>
  /** An actor that is watched has stopped for good. Required of whoever watches: without it, that is a failure. */
  readonly [terminated]?: (actor: ActorRef<never>, context: Context<M>) => Next<M>
}

export const started: unique symbol = Symbol('started')
export const stopping: unique symbol = Symbol('stopping')
export const terminated: unique symbol = Symbol('terminated')

/** What a handler says of the time after it: another behavior, or one of the four below. */
export type Next<M extends Message> =
  | Behavior<M>
  | typeof same
  | typeof stop
  | typeof stash
  | typeof unhandled

/** Go on as you are. */
export const same: unique symbol = Symbol('same')
/** The actor ends, and with it its children; a permanent one is started anew. */
export const stop: unique symbol = Symbol('stop')
/** Keep this message for another behavior, which takes it by `unstash`. It keeps its place in the bounds of the mailbox. */
export const stash: unique symbol = Symbol('stash')
/** Not for me, now: counted, and a dead letter. */
export const unhandled: unique symbol = Symbol('unhandled')

/** Answers whoever asked, then goes on as `next`. */
export function reply<R>(message: Asking<R>, answer: R): typeof same
export function reply<R, N>(message: Asking<R>, answer: R, next: N): N
export function reply(message: Asking<unknown>, answer: unknown, next: unknown = same): unknown {
  message.replyTo.tell(answer)
  return next
}

export interface Asking<R> {
  readonly replyTo: ActorRef<R>
}
