import type { Fleet } from '../../actors/fleet.ts'
import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import type { Content } from './view.ts'

export interface FleetPulseOptions {
  readonly fleet: Fleet
  readonly clock: Clock
  publish(content: Content): void
  failed(failure: unknown): void
}

/** Loads move without anything that could be waited for, so they are looked at while somebody watches. */
const LOOK_MS = 1_000

/** The state of the fleet: looked at once a second, and when tasks change. */
export class FleetPulse {
  readonly #options: FleetPulseOptions
  #timer: Timer | undefined
  #looking = false
  #closed = false

  constructor(options: FleetPulseOptions) {
    this.#options = options
    this.#look()
  }

  changed(): void {
    this.#look()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #look(): void {
    if (this.#looking || this.#closed) return
    const { fleet, clock, publish, failed } = this.#options
    this.#looking = true
    this.#timer?.cancel()
    fleet.status().then(
      (status) => {
        this.#looking = false
        if (this.#closed) return
        publish({ rows: [{ ...status, id: 'fleet' }] })
        this.#timer = clock.after(LOOK_MS, () => this.#look())
      },
      (failure: unknown) => {
        if (!this.#closed) failed(failure)
      },
    )
  }
}
