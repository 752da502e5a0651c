import type { Clock } from '../scheduling/clock.ts'
import type { Random } from '../scheduling/random.ts'
import type { RunQueue } from '../scheduling/run-queue.ts'
import type { ActorId } from './actor-ref.ts'
import type { Asks } from './asks.ts'
import type { DeadLetters } from './dead-letters.ts'

/** What all actors of a node share. */
export interface ActorPorts {
  readonly clock: Clock
  readonly random: Random
  readonly runQueue: RunQueue
  readonly asks: Asks
  readonly deadLetters: DeadLetters
  /** An actor could not go on; what becomes of it is its supervisor's affair. */
  failed(id: ActorId, error: unknown): void
}
