import { assert } from '../../errors.ts'
import type { ActorRef } from '../actor-ref.ts'
import {
  type Behavior,
  type Message,
  type Next,
  same,
  started,
  stash,
  stop,
  stopping,
  terminated,
  unhandled,
} from '../behavior.ts'
import type { Context } from '../context.ts'
import { isNotice, type Mail, NOTICE } from '../mailbox/mail.ts'
import { CellContext, type ContextHost } from './cell-context.ts'

/** A behavior, as it is looked into. */
type Table<M extends Message> = Readonly<
  Record<string | symbol, ((message: M, context: Context<M>) => Next<M>) | undefined>
>

/** The cell, as one of its lives sees it. */
export interface LifeHost<M extends Message> extends ContextHost<M> {
  stash(mail: Mail<M>): void
  /** Of mail that was taken, and that nobody wants. */
  drop(message: M, reason: 'expired' | 'unhandled'): void
}

/**
 * One life of an actor, from its start to its end or its next restart: takes mail by its behavior.
 * A method that returns a boolean says whether the life goes on; what a handler throws, it throws.
 */
export class Life<M extends Message> {
  readonly #host: LifeHost<M>
  readonly #context: CellContext<M>
  #behavior = {} as Behavior<M>

  constructor(host: LifeHost<M>) {
    this.#host = host
    this.#context = new CellContext(host)
  }

  begin(start: (context: Context<M>) => Behavior<M>): boolean {
    this.#behavior = start(this.#context)
    const handle = this.#behavior[started]
    return !handle || this.#follow(handle(this.#context))
  }

  take(mail: Mail<M>): boolean {
    const handle = tableOf(this.#behavior)[mail.type]
    if (handle === undefined) return this.#receive(mail)
    const next = handle(mail as M, this.#context)
    return next === same || this.#follow(next, mail as M)
  }

  /** What no handler stands for. */
  #receive(mail: Mail<M>): boolean {
    if (!isNotice(mail)) return this.#follow(unhandled, mail)
    switch (mail.sort) {
      case 'expiring':
        return this.#handleUntil(mail.message, mail.deadlineMs)
      case 'newest':
        return this.#handle(mail.take())
      case 'own':
        return this.#handleOwn(mail.make())
      case 'terminated':
        return !this.#context.mourns(mail.actor) || this.#signalTerminated(mail.actor)
      case 'stop':
        return this.#signalStopping()
    }
  }

  #handle(message: M): boolean {
    const handle = tableOf(this.#behavior)[message.type]
    return this.#follow(handle ? handle(message, this.#context) : unhandled, message)
  }

  #handleOwn(message: M | undefined): boolean {
    return message === undefined || this.#handle(message)
  }

  #handleUntil(message: M, deadlineMs: number): boolean {
    const context = this.#context
    if (deadlineMs <= this.#host.ports.runQueue.nowMs) {
      this.#host.drop(message, 'expired')
      return true
    }
    context.deadlineMs = deadlineMs
    const goesOn = this.#handle(message)
    context.deadlineMs = Infinity
    return goesOn
  }

  #signalTerminated(actor: ActorRef<never>): boolean {
    const handle = this.#behavior[terminated]
    assert(handle, 'whoever watches says what the end of the watched means')
    return this.#follow(handle(actor, this.#context))
  }

  #signalStopping(): boolean {
    const handle = this.#behavior[stopping]
    return this.#follow(handle ? handle(this.#context) : stop)
  }

  #follow(next: Next<M>, message?: M): boolean {
    switch (next) {
      case same:
        return true
      case stop:
        return false
      case stash:
        assert(message, 'a signal is not stashed')
        this.#host.stash(this.#enveloped(message))
        return true
      case unhandled:
        if (message) this.#host.drop(message, 'unhandled')
        return true
      default:
        this.#behavior = next
        return true
    }
  }

  #enveloped(message: M): Mail<M> {
    const { deadlineMs } = this.#context
    if (deadlineMs === Infinity) return message
    return { type: NOTICE, sort: 'expiring', message, deadlineMs }
  }

  end(): void {
    this.#context.end()
  }

  /** What is still to be done for it, newest first. */
  cleanups(): readonly (() => void)[] {
    return this.#context.cleanups()
  }
}

function tableOf<M extends Message>(behavior: Behavior<M>): Table<M> {
  return behavior as unknown as Table<M>
}
