import type { Clock } from '../scheduling/clock.ts'
import { fraction, type Random } from '../scheduling/random.ts'
import type { Authority } from './authority.ts'
import type { Topology } from './topology.ts'

/**
 * A wish: the topology as it should be, as a function of the newest one. Asked again at each retry,
 * and returns its argument once there is nothing left to wish for.
 */
export type Amendment = (topology: Topology) => Topology
export type Amend = (amendment: Amendment) => void

/** How long after a compare-and-set that did not decide the next is tried, before chance. Unit: ms. */
const RETRY_MS = 40

/**
 * A node's wishes for the topology, as at most one compare-and-set in flight that carries them all,
 * rebased on the newest document at each try.
 */
export class Amendments {
  readonly #authority: Authority
  readonly #clock: Clock
  readonly #random: Random
  #wishes: Amendment[] = []
  #busy = false

  constructor(options: {
    readonly authority: Authority
    readonly clock: Clock
    readonly random: Random
  }) {
    this.#authority = options.authority
    this.#clock = options.clock
    this.#random = options.random
  }

  readonly amend: Amend = (amendment) => {
    this.#wishes.push(amendment)
    if (this.#busy) return
    this.#busy = true
    this.#clock.defer(() => this.#try())
  }

  #try(): void {
    this.#authority.read((current) => {
      if (current instanceof Error) return this.#retry()
      const wishes = this.#wishes.slice() // More may come while these are decided.
      const amended = wishes.reduce((topology, wish) => wish(topology), current)
      if (amended === current) return this.#settled(wishes.length)
      const next = { ...amended, revision: current.revision + 1 }
      this.#authority.compareAndSet(current.revision, next, (result) => {
        if (result === 'decided') this.#settled(wishes.length)
        else this.#retry()
      })
    })
  }

  #retry(): void {
    this.#clock.after(RETRY_MS * (0.5 + fraction(this.#random)), () => this.#try())
  }

  #settled(count: number): void {
    this.#wishes = this.#wishes.slice(count)
    if (this.#wishes.length > 0) return this.#try()
    this.#busy = false
  }
}
