import { assert } from '../../errors.ts'
import type { Clock } from '../../scheduling/clock.ts'
import type { ActorPorts } from '../actor-ports.ts'
import type { ActorRef } from '../actor-ref.ts'
import type { AnswerTo, Question } from '../asks.ts'
import type { Message } from '../behavior.ts'
import type { ChildSpec } from '../child-spec.ts'
import type { Context, Timers } from '../context.ts'
import { CellTimers } from './cell-timers.ts'

/** Promises that one actor may wait for at a time. */
const PIPED_MAX = 1_024
/** Of what is left of a deadline, so much is passed on: the rest is for the way back. */
const PASSED_ON = 0.95
/** Until when a question is asked on behalf of a message without a deadline. Unit: ms from now. */
const ASK_MS = 5_000

/** An actor that can be watched. */
export interface Watched extends ActorRef<never> {
  watchedBy(watcher: Watcher): void
  unwatchedBy(watcher: Watcher): void
}

export interface Watcher {
  /** It has stopped for good. */
  mourn(actor: ActorRef<never>): void
}

/** The cell, as its context sees it. */
export interface ContextHost<M extends Message> extends ActorRef<M>, Watcher {
  readonly ports: ActorPorts
  spawn<N extends Message>(spec: ChildSpec<N>): ActorRef<N>
  stopChild(child: ActorRef<never>): void
  unstash(): void
  /** Puts mail of its own making into the mailbox, if the cell still runs. */
  own(make: () => M | undefined): void
}

/** The context of one life. Used after its end it refuses: that is a bug of whoever kept it. */
export class CellContext<M extends Message> implements Context<M> {
  readonly self: ActorRef<M>
  readonly clock: Clock
  deadlineMs = Infinity
  readonly #host: ContextHost<M>
  #timers: CellTimers<M> | undefined
  readonly #watched = new Set<ActorRef<never>>()
  readonly #cleanups: (() => void)[] = []
  #pipedCount = 0
  #over = false

  constructor(host: ContextHost<M>) {
    this.self = host
    this.clock = host.ports.clock
    this.#host = host
  }

  get timers(): Timers<M> {
    this.#check()
    return (this.#timers ??= new CellTimers(this.clock, (make) => this.#host.own(make)))
  }

  spawn<N extends Message>(spec: ChildSpec<N>): ActorRef<N> {
    this.#check()
    return this.#host.spawn(spec)
  }

  stop(child: ActorRef<never>): void {
    this.#check()
    this.#host.stopChild(child)
  }

  watch(actor: ActorRef<never>): void {
    this.#check()
    assert(isWatched(actor), 'what is watched is an actor')
    this.#watched.add(actor)
    actor.watchedBy(this.#host)
  }

  unwatch(actor: ActorRef<never>): void {
    if (this.#watched.delete(actor) && isWatched(actor)) actor.unwatchedBy(this.#host)
  }

  /** The actor has stopped. True if that is still to be signalled. */
  mourns(actor: ActorRef<never>): boolean {
    return this.#watched.delete(actor)
  }

  unstash(): void {
    this.#check()
    this.#host.unstash()
  }

  pipe<T>(promise: Promise<T>, toMessage: (result: T | Error) => M): void {
    assert(this.#pipedCount < PIPED_MAX, 'an actor waits for no more promises than it may')
    this.#pipedCount += 1
    const settled = this.adapt((result: T | Error) => {
      this.#pipedCount -= 1
      return toMessage(result)
    })
    promise.then(settled, (reason: unknown) =>
      settled(reason instanceof Error ? reason : new Error(String(reason))),
    )
  }

  adapt<T>(toMessage: (answer: T) => M): (answer: T) => void {
    this.#check()
    return (answer) => {
      if (this.#over) this.#late()
      else this.#host.own(() => (this.#over ? this.#late() : toMessage(answer)))
    }
  }

  #late(): undefined {
    this.#host.ports.deadLetters.add(this.self.id, 'answer', 'late')
  }

  ask<N extends Message, T extends string>(
    actor: ActorRef<N>,
    question: Question<N, T>,
    deadlineMs: number = this.#passedOn(),
  ): Promise<AnswerTo<N, T>> {
    this.#check()
    return this.#host.ports.asks.ask(actor, question, deadlineMs)
  }

  #passedOn(): number {
    const nowMs = this.clock.monotonicMs()
    const leftMs = this.deadlineMs - nowMs
    return nowMs + (leftMs === Infinity ? ASK_MS : leftMs * PASSED_ON)
  }

  onEnd(run: () => void): void {
    this.#check()
    this.#cleanups.push(run)
  }

  /** The life is over: nothing of it reaches the actor any more. */
  end(): void {
    this.#over = true
    this.#timers?.cancelAll()
    for (const actor of this.#watched) this.unwatch(actor)
  }

  /** What `onEnd` was told of, newest first. */
  cleanups(): readonly (() => void)[] {
    return this.#cleanups.toReversed()
  }

  #check(): void {
    assert(!this.#over, 'a context is not used after the end of its life')
  }
}

function isWatched(actor: ActorRef<never>): actor is Watched {
  return 'watchedBy' in actor
}
