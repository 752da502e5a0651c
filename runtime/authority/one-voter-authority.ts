import { assert, RuntimeError } from '../errors.ts'
import type { Store } from '../storage/store.ts'
import type { Authority, Verdict } from './authority.ts'
import { storedTopology, topologyOp } from './stored-topology.ts'
import type { Topology } from './topology.ts'

export interface OneVoterOptions {
  readonly store: Store
}

/** The register of a cluster with a single voter: a quorum of one, kept in that voter's store. */
export class OneVoterAuthority implements Authority {
  readonly #options: OneVoterOptions
  readonly #listeners: ((topology: Topology) => void)[] = []
  #decided: Topology
  #writing = false

  constructor(options: OneVoterOptions) {
    this.#options = options
    const decided = storedTopology(options.store)
    if (!decided)
      throw new RuntimeError('STORE_REFUSED', 'Cannot start: the store holds no topology')
    this.#decided = decided
  }

  read(answer: (topology: Topology) => void): void {
    answer(this.#decided)
  }

  compareAndSet(expected: number, next: Topology, answer: (result: Verdict) => void): void {
    assert(next.revision === expected + 1, 'a revision follows the one it replaces')
    if (this.#writing) return answer('unknown')
    if (expected !== this.#decided.revision) return answer('overtaken')
    this.#writing = true
    this.#options.store.write([topologyOp(next)], (error) => {
      this.#writing = false
      if (error) return answer('unknown')
      this.#decided = next
      for (const listener of this.#listeners) listener(next)
      answer('decided')
    })
  }

  watch(listener: (topology: Topology) => void): void {
    this.#listeners.push(listener)
    listener(this.#decided)
  }
}
