import type { RuntimeError } from '../errors.ts'
import type { Topology } from './topology.ts'

/**
 * One linearizable register that holds the topology. It has no leases, no sessions and no times:
 * that is what makes its forms interchangeable.
 */
export interface Authority {
  /** The newest decided topology. */
  read(answer: (topology: Topology | RuntimeError) => void): void
  /**
   * Decides `next` if the newest revision is `expected`. `unknown` when it cannot be said: read.
   *
   * @param next its revision is `expected + 1`.
   */
  compareAndSet(expected: number, next: Topology, answer: (result: Verdict) => void): void
  /** Told of each newer topology, in order of revision; some may be left out. */
  watch(listener: (topology: Topology) => void): void
}

export type Verdict = 'decided' | 'overtaken' | 'unknown'
