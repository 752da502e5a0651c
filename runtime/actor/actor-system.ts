import { assert } from '../errors.ts'
import type { Clock } from '../scheduling/clock.ts'
import type { Random } from '../scheduling/random.ts'
import { RunQueue } from '../scheduling/run-queue.ts'
import type { Ending } from '../supervision/supervision.ts'
import type { ActorPorts } from './actor-ports.ts'
import type { ActorId, ActorRef } from './actor-ref.ts'
import { type AnswerTo, Asks, type Question } from './asks.ts'
import type { Message } from './behavior.ts'
import { Cell } from './cell/cell.ts'
import { type Child, Children, type Supervisor } from './cell/children.ts'
import type { ChildSpec } from './child-spec.ts'
import { DeadLetters } from './dead-letters.ts'
import type { ActorFigures, ActorMetrics } from './metrics.ts'

/** Pause before a failure that nobody is left to decide on is started again. Unit: ms. */
const LAST_RESORT_MS = 10_000

export interface ActorSystemOptions {
  readonly clock: Clock
  readonly random: Random
  /** Told of every failure of an actor. For the log: supervisors have acted, or will. */
  failed(id: ActorId, error: unknown): void
}

/**
 * The actors of one node, as whoever is no actor sees them: the supervisor of those that have no
 * other. A failure that reaches it goes no further: it is told, and after [10 s] the child lives
 * again, with whatever restarts its spec allows. So no actor takes the process with it.
 */
export class ActorSystem implements Supervisor, ActorFigures {
  readonly path = ''
  readonly deadLetters: DeadLetters
  readonly #ports: ActorPorts
  readonly #children: Children
  #stopped: (() => void) | undefined

  constructor({ clock, random, failed }: ActorSystemOptions) {
    this.deadLetters = new DeadLetters(clock)
    const asks = new Asks(clock, this.deadLetters)
    const runQueue = new RunQueue({ clock })
    this.#ports = { clock, random, runQueue, asks, deadLetters: this.deadLetters, failed }
    this.#children = new Children({
      ...{ clock, random },
      escalated: (child, error) => {
        failed(child.id, error)
        child.restart(LAST_RESORT_MS)
      },
      emptied: () => this.#stopped?.(),
    })
  }

  /** Starts an actor; messages may be told at once. */
  spawn<M extends Message>(spec: ChildSpec<M>): ActorRef<M> {
    assert(!this.#stopped, 'nothing is started in a system that stops')
    const cell = new Cell(spec, this, this.#ports)
    this.#children.add(cell)
    cell.start()
    return cell
  }

  /** `Asks.ask`, for those who are no actors. */
  ask<M extends Message, T extends string>(
    actor: ActorRef<M>,
    question: Question<M, T>,
    deadlineMs: number,
  ): Promise<AnswerTo<M, T>> {
    return this.#ports.asks.ask(actor, question, deadlineMs)
  }

  /** Ends all actors, the newest first, each with the patience that its spec gives it. */
  stop(done: () => void): void {
    this.#stopped = done
    if (this.#children.count === 0) return done()
    this.#children.leave()
  }

  metrics(): Iterable<ActorMetrics> {
    return this.#children.metrics()
  }

  ended(child: Child, ending: Ending): void {
    this.#children.ended(child, ending)
  }

  gone(child: Child): void {
    this.#children.gone(child)
  }
}
