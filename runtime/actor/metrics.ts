import type { ActorId } from './actor-ref.ts'
import type { DeadLetters } from './dead-letters.ts'

/** Where an actor is in its life. */
export type CellStatus = 'starting' | 'running' | 'ending' | 'pausing' | 'stopped'

/** How one actor does: counts since it was spawned, over all of its lives. */
export interface ActorMetrics {
  readonly id: ActorId
  readonly status: CellStatus
  /** Taken from the mailbox. */
  readonly messages: number
  readonly failures: number
  readonly restarts: number
  /** Not taken into the mailbox. */
  readonly refused: number
  /** Taken from the mailbox after their deadline, and dropped. */
  readonly expired: number
  readonly waiting: number
  /** The most that waited when a turn began. */
  readonly waitingMax: number
  readonly stashed: number
  /** Of one turn in [64], which is timed: the mean time of a message, and the longest turn's. Unit: ms. `undefined` until one was timed. */
  readonly meanMs: number | undefined
  readonly slowestMs: number | undefined
}

/** What can be seen of the actors of a node. */
export interface ActorFigures {
  /** Of every living actor, supervisors before their children. */
  metrics(): Iterable<ActorMetrics>
  readonly deadLetters: Pick<DeadLetters, 'counts' | 'recent'>
}

/** One turn in so many is timed: a look at the clock costs more than a message. A power of two. */
const TIMED_EVERY = 64

/** The counts behind the metrics: plain numbers, because they are counted whether anybody looks or not. */
export class Counts {
  messages = 0
  failures = 0
  restarts = 0
  refused = 0
  expired = 0
  waitingMax = 0
  #turns = 0
  #timedMessages = 0
  #timedMs = 0
  #slowestMs = 0

  /** A turn begins: true if it is one of those that are timed. */
  turn(waiting: number): boolean {
    if (waiting > this.waitingMax) this.waitingMax = waiting
    this.#turns += 1
    return (this.#turns & (TIMED_EVERY - 1)) === 1
  }

  timed(messages: number, ms: number): void {
    this.#timedMessages += messages
    this.#timedMs += ms
    this.#slowestMs = Math.max(this.#slowestMs, ms)
  }

  get times(): Pick<ActorMetrics, 'meanMs' | 'slowestMs'> {
    if (this.#timedMessages === 0) return { meanMs: undefined, slowestMs: undefined }
    return { meanMs: this.#timedMs / this.#timedMessages, slowestMs: this.#slowestMs }
  }
}
