import type { Clock } from './clock.ts'

/*
 * The wall clock is stamped into every event and fires every timer, and it can be set wrong, or right
 * again, at any moment. So each use of it is tested against the monotonic clock: if the two have moved
 * apart by more than a second since they were last seen together, the wall clock is doubted. In doubt
 * nothing is stamped and no timer fires: a leader gives up what it leads.
 *
 * With peers, another node then leads, and their clocks say whose is right. A single node has nobody to
 * ask and nobody to hand over to. It gives up leading all the same, because that is what has no special
 * case: what was decided on the old time ends, and once the clock has gone on steadily for two seconds it
 * is believed, and every timer is computed anew, by the epoch that then begins. Two seconds are less than
 * a caller waits for an answer, and more than a clock takes that is set in several steps.
 *
 * A machine that slept is not doubted: the clock that counts suspend went along with the wall clock.
 */

/** How far the clocks may move apart between two looks. Unit: ms. */
export const APART_MS = 1_000
/** How long a doubted clock must go on steadily before it is believed. Unit: ms. */
export const STEADY_MS = 2_000
/** Between looks when nobody uses the clock; in doubt. Unit: ms. */
const LOOK_MS = 1_000
const LOOK_DOUBTED_MS = 100

/** What the clocks say at a moment, as differences: they change only when one of them jumps. */
export interface Reading {
  /** Wall clock minus monotonic clock. Unit: ms. */
  readonly apartMs: number
  /** Wall clock minus the clock that counts suspend. Unit: ms. */
  readonly apartAwakeMs: number
  readonly monotonicMs: number
}

export type Trust = Readonly<Pick<Reading, 'apartMs' | 'apartAwakeMs'>> & {
  /** Since when a doubted clock goes on steadily, monotonic; `undefined` for one that is believed. */
  readonly steadySinceMs: number | undefined
}

/** Looks once. Pure. */
export function judge(trust: Trust, reading: Reading): Trust {
  const { apartMs, apartAwakeMs, monotonicMs } = reading
  const jumped = far(trust.apartMs, apartMs) && far(trust.apartAwakeMs, apartAwakeMs)
  if (jumped) return { apartMs, apartAwakeMs, steadySinceMs: monotonicMs }
  const { steadySinceMs } = trust
  const doubted = steadySinceMs !== undefined && monotonicMs - steadySinceMs < STEADY_MS
  return { apartMs, apartAwakeMs, steadySinceMs: doubted ? steadySinceMs : undefined }
}

function far(before: number, now: number): boolean {
  return Math.abs(now - before) > APART_MS
}

export interface ClockGuardOptions {
  readonly clock: Clock
  /** A clock that counts suspend, on any scale; asked once a second, and when in doubt. Unit: ms. */
  awakeMs(): number
  /** Doubt begins, or is over. Called in a turn of its own. */
  changed(believed: boolean): void
}

/** The last time that the wall clock jumped. */
export interface Jump {
  readonly byMs: number
  /** Monotonic. */
  readonly atMs: number
}

/** Drives `judge`, and is the only way to the wall clock for whoever stamps or fires. */
export class ClockGuard {
  readonly #options: ClockGuardOptions
  #trust: Trust
  #jump: Jump | undefined

  constructor(options: ClockGuardOptions) {
    this.#options = options
    const { apartMs, apartAwakeMs } = this.#read()
    this.#trust = { apartMs, apartAwakeMs, steadySinceMs: undefined }
    this.#lookLater()
  }

  get believed(): boolean {
    return this.#trust.steadySinceMs === undefined
  }

  get jump(): Jump | undefined {
    return this.#jump
  }

  /** The wall clock, tested; `undefined` while it is doubted. */
  readonly wallMs = (): number | undefined => {
    const { clock } = this.#options
    const wallMs = clock.wallMs()
    if (far(this.#trust.apartMs, wallMs - clock.monotonicMs())) this.#look()
    return this.believed ? wallMs : undefined
  }

  #read(): Reading {
    const { clock, awakeMs } = this.#options
    const [wallMs, monotonicMs] = [clock.wallMs(), clock.monotonicMs()]
    return { apartMs: wallMs - monotonicMs, apartAwakeMs: wallMs - awakeMs(), monotonicMs }
  }

  #look(): void {
    const before = this.#trust
    const reading = this.#read()
    this.#trust = judge(before, reading)
    if (this.#trust.steadySinceMs === reading.monotonicMs) {
      this.#jump = { byMs: reading.apartMs - before.apartMs, atMs: reading.monotonicMs }
    }
    const { believed } = this
    if (believed === (before.steadySinceMs === undefined)) return
    this.#options.clock.defer(() => this.#options.changed(believed))
  }

  #lookLater(): void {
    this.#options.clock.after(this.believed ? LOOK_MS : LOOK_DOUBTED_MS, () => {
      this.#look()
      this.#lookLater()
    })
  }
}
