import { assert, RuntimeError } from '../errors.ts'
import type { Store } from '../storage/store.ts'
import type { Authority, Verdict } from './authority.ts'
import type { Topology } from './topology.ts'

export const TOPOLOGY_KEY = 'a/topology'

export interface OneVoterOptions {
  readonly store: Store
  pack(topology: Topology): Uint8Array
  unpack(bytes: Uint8Array): Topology
}

/** The register of a cluster with a single voter: a quorum of one, kept in that voter's store. */
export class OneVoterAuthority implements Authority {
  readonly #options: OneVoterOptions
  readonly #listeners: ((topology: Topology) => void)[] = []
  #decided: Topology
  #writing = false

  constructor(options: OneVoterOptions) {
    this.#options = options
    const value = options.store.get(TOPOLOGY_KEY)
    if (!value) throw new RuntimeError('STORE_REFUSED', 'Cannot start: the store holds no topology')
    this.#decided = options.unpack(value)
  }

  read(answer: (topology: Topology) => void): void {
    answer(this.#decided)
  }

  compareAndSet(expected: number, next: Topology, answer: (result: Verdict) => void): void {
    assert(next.revision === expected + 1, 'a revision follows the one it replaces')
    if (this.#writing) return answer('unknown')
    if (expected !== this.#decided.revision) return answer('overtaken')
    this.#writing = true
    const value = this.#options.pack(next)
    this.#options.store.write([{ type: 'put', key: TOPOLOGY_KEY, value }], (error) => {
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
