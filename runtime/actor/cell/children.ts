import { assert } from '../../errors.ts'
import type { Clock } from '../../scheduling/clock.ts'
import { fraction, type Random } from '../../scheduling/random.ts'
import {
  judge,
  type Ending,
  type Restarts,
  type Supervision,
} from '../../supervision/supervision.ts'
import type { ActorId, ActorRef } from '../actor-ref.ts'
import type { ActorMetrics } from '../metrics.ts'

/** Living children of one actor. Those of a fleet are thousands; more is a leak. */
const CHILDREN_MAX = 100_000

/** A child as its supervisor sees it. */
export interface Child {
  readonly id: ActorId
  readonly name: string
  readonly supervision: Supervision
  /** Asks it to end, for good. */
  leave(): void
  /** Of one that has ended: it lives again, after a pause. */
  restart(afterMs: number): void
  /** Of one that has ended: it never lives again. */
  bury(): void
  metrics(): Iterable<ActorMetrics>
}

/** A supervisor as its children see it. */
export interface Supervisor {
  /** What the ids of its children begin with. */
  readonly path: string
  /** A life of a child is over, and nobody asked for that: what now? */
  ended(child: Child, ending: Ending): void
  /** A child will not live again. */
  gone(child: Child): void
}

export interface ChildrenOptions {
  readonly clock: Clock
  readonly random: Random
  /** A child used up its restarts, and its spec wants its supervisor to fail over it. */
  escalated(child: Child, error: Error): void
  /** The last child has gone. */
  emptied(): void
}

/** The children of one supervisor, and what becomes of each that ends. */
export class Children {
  readonly #options: ChildrenOptions
  readonly #children = new Map<string, Child>()
  readonly #restarts = new Map<string, Restarts>()

  constructor(options: ChildrenOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#children.size
  }

  find({ id }: ActorRef<never>): Child | undefined {
    const child = this.#children.get(id.slice(id.lastIndexOf('/') + 1))
    return child?.id === id ? child : undefined
  }

  add(child: Child): void {
    assert(!this.#children.has(child.name), 'no two living children have one name')
    assert(this.#children.size < CHILDREN_MAX, 'an actor has no more children than it may')
    this.#children.set(child.name, child)
  }

  /** The newest first: what was started later may need what was started before. */
  leave(): void {
    for (const child of [...this.#children.values()].reverse()) child.leave()
  }

  ended(child: Child, ending: Ending): void {
    const { clock, random } = this.#options
    const moment = { nowMs: clock.monotonicMs(), fraction: fraction(random) }
    const before = this.#restarts.get(child.name) ?? []
    const [restarts, verdict] = judge(before, ending.type, child.supervision, moment)
    this.#restarts.set(child.name, restarts)
    if (verdict.type === 'restart') return child.restart(verdict.afterMs)
    if (verdict.type === 'stop') return child.bury()
    this.#options.escalated(child, exhaustion(child, ending))
  }

  gone(child: Child): void {
    this.#children.delete(child.name)
    this.#restarts.delete(child.name)
    if (this.#children.size === 0) this.#options.emptied()
  }

  *metrics(): Generator<ActorMetrics> {
    for (const child of this.#children.values()) yield* child.metrics()
  }
}

function exhaustion({ id, supervision }: Child, ending: Ending): Error {
  const { intensity, periodMs } = supervision
  const message = `Cannot start "${id}" again: it ended more than ${intensity} times in ${periodMs} ms`
  return new Error(message, ending.type === 'failed' ? { cause: ending.error } : {})
}
