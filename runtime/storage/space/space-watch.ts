import type { Clock, Timer } from '../../scheduling/clock.ts'
import {
  ballastOf,
  formatBytes,
  fullBelow,
  scarceBelow,
  stageOf,
  type Measured,
  type Space,
  type SpaceLimits,
  type Stage,
} from './space.ts'

/** Between two looks. What fills the disk faster fails a write, and the program starts again. Unit: ms. */
export const LOOK_MS = 5_000

/** A file that is only there to be removed. Real form: `ballast-file.ts`. */
export interface Ballast {
  readonly laid: boolean
  /** Takes the room for good: no sparse file. `done` is called whether or not it could. */
  lay(bytes: number, done: () => void): void
  release(): void
}

export interface SpaceWatchOptions {
  readonly clock: Clock
  readonly limits: SpaceLimits
  readonly ballast: Ballast
  /** `undefined` when the disk does not say. */
  measure(done: (measured: Measured | undefined) => void): void
}

/**
 * Looks at the disk every 5 s. It lays ballast once room is low, gives it up when the disk is full,
 * so that what still has to be written can be, and lays it again when there is room for it. Room
 * that only came of the ballast does not count: the stage would go to and fro.
 */
export class SpaceWatch implements Space {
  readonly #options: SpaceWatchOptions
  readonly #changed: (() => void)[] = []
  #stage: Stage = 'ample'
  #measured: Measured = { freeBytes: 0, totalBytes: 0 }
  #released = false
  #laying = false
  #timer: Timer | undefined

  constructor(options: SpaceWatchOptions) {
    this.#options = options
  }

  get stage(): Stage {
    return this.#stage
  }

  get scarce(): string | undefined {
    if (this.#stage !== 'scarce' && this.#stage !== 'full') return undefined
    const { limits } = this.#options
    return `${this.describe()}; no task is taken or started below ${formatBytes(scarceBelow(this.#measured.totalBytes, limits))}`
  }

  get full(): string | undefined {
    if (this.#stage !== 'full') return undefined
    const { limits } = this.#options
    return `${this.describe()}; nothing is changed below ${formatBytes(fullBelow(this.#measured.totalBytes, limits))}`
  }

  onChange(changed: () => void): void {
    this.#changed.push(changed)
  }

  /** Looks now, and every 5 s from then on. `looked` is called once, after the first look. */
  start(looked: () => void): void {
    this.#look(() => {
      looked()
      this.#lookLater()
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #lookLater(): void {
    this.#timer = this.#options.clock.after(LOOK_MS, () => this.#look(() => this.#lookLater()))
  }

  #look(done: () => void): void {
    this.#options.measure((measured) => {
      if (measured) this.#see(measured)
      done()
    })
  }

  #see(measured: Measured): void {
    const { ballast, limits } = this.#options
    const before = this.#stage
    this.#measured = measured
    const reserve = ballastOf(measured.totalBytes, limits)
    const freeBytes = measured.freeBytes - (this.#released ? reserve : 0)
    this.#stage = stageOf({ ...measured, freeBytes }, limits)
    if (this.#stage === 'full' && ballast.laid) this.#release()
    if (this.#stage === 'ample') this.#released = false
    const room =
      freeBytes - (this.#released ? 0 : reserve) >= scarceBelow(measured.totalBytes, limits)
    if (this.#stage === 'low' && room) this.#lay(reserve)
    if (this.#stage !== before) for (const changed of this.#changed) changed()
  }

  #release(): void {
    this.#released = true
    this.#options.ballast.release()
  }

  #lay(bytes: number): void {
    if (this.#laying || this.#options.ballast.laid) return
    this.#laying = true
    this.#options.ballast.lay(bytes, () => {
      this.#laying = false
      this.#released = false
    })
  }

  /** As a clause: `3.1 MiB of the disk are free (5 %)`. */
  describe(): string {
    const { freeBytes, totalBytes } = this.#measured
    const percent = Math.round((100 * freeBytes) / totalBytes)
    return `${formatBytes(freeBytes)} of the disk are free (${percent} %)`
  }
}
