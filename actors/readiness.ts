import type { ClockGuard } from '../runtime/scheduling/clock-guard.ts'
import type { Space } from '../runtime/storage/space/space.ts'
import type { Terminals } from './terminals.ts'

export interface ReadinessOptions {
  readonly terminals: Pick<Terminals, 'onState'>
  readonly space: Pick<Space, 'scarce'>
  readonly clockGuard: Pick<ClockGuard, 'believed'>
  /** Shards that this node has to lead and does not, and is not kept from by damage. */
  leaderless(): number
}

/**
 * Whether tasks can be submitted to this node, and run. Damage of some shards is no reason against it:
 * the others serve, and health says what is wrong.
 */
export class Readiness {
  readonly #options: ReadinessOptions
  #holder: 'ready' | 'lost' = 'lost'
  #draining = false

  constructor(options: ReadinessOptions) {
    this.#options = options
    options.terminals.onState((state) => void (this.#holder = state))
  }

  get draining(): boolean {
    return this.#draining
  }

  drain(): void {
    this.#draining = true
  }

  /** Why it takes no tasks now, as a clause; `undefined` when it does. */
  unready(): string | undefined {
    const { clockGuard, leaderless, space } = this.#options
    if (this.#draining) return 'the node is about to stop'
    if (!clockGuard.believed) return 'the wall clock was set and is not steady yet'
    const count = leaderless()
    if (count > 0) return `${count} shards have no leader yet`
    if (this.#holder === 'lost') return 'the holder of terminals does not answer'
    return space.scarce
  }
}
