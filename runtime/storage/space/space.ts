/**
 * How much room the disk has, in four stages. A full disk fails the write that meets it, and LevelDB
 * every later one; so a node stops adding long before, while what it has begun can still end.
 */
export type Stage = (typeof STAGES)[number]

export const STAGES = [
  'ample',
  'low', // Said, and nothing else.
  'scarce', // No task is taken or started.
  'full', // Nothing is changed but by what already runs, and to cancel it.
] as const

export interface SpaceLimits {
  /** Below this share of the disk its room is low. Unit: percent. */
  readonly warnFreePercent: number
  /** Below this share, or below so many bytes if that is less, it is scarce. */
  readonly takeFreePercent: number
  readonly takeFreeBytes: number
  /** The same for full. */
  readonly writeFreePercent: number
  readonly writeFreeBytes: number
  /** Kept to be given up once it is full, at most half of what makes it full. */
  readonly ballastBytes: number
}

export const SPACE_DEFAULTS: SpaceLimits = {
  warnFreePercent: 15,
  takeFreePercent: 10,
  takeFreeBytes: 2 * 1024 ** 3,
  writeFreePercent: 5,
  writeFreeBytes: 1024 ** 3,
  ballastBytes: 256 * 1024 ** 2,
}

export interface Measured {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** The room there is, as the parts above see it. Real form: `space-watch.ts`. */
export interface Space {
  readonly stage: Stage
  /** Why no task is taken or started now, as a clause for a person; `undefined` if there is room. */
  readonly scarce: string | undefined
  /** Why nothing is changed now. */
  readonly full: string | undefined
  /** Calls `changed` at each change of stage, never inside a call to this port. */
  onChange(changed: () => void): void
}

export function stageOf({ freeBytes, totalBytes }: Measured, limits: SpaceLimits): Stage {
  if (freeBytes < fullBelow(totalBytes, limits)) return 'full'
  if (freeBytes < scarceBelow(totalBytes, limits)) return 'scarce'
  return freeBytes < (totalBytes * limits.warnFreePercent) / 100 ? 'low' : 'ample'
}

/** A tenth of a large disk is more than anybody needs: the smaller of the share and the bytes. */
export function scarceBelow(totalBytes: number, limits: SpaceLimits): number {
  return Math.min((totalBytes * limits.takeFreePercent) / 100, limits.takeFreeBytes)
}

export function fullBelow(totalBytes: number, limits: SpaceLimits): number {
  return Math.min((totalBytes * limits.writeFreePercent) / 100, limits.writeFreeBytes)
}

export function ballastOf(totalBytes: number, limits: SpaceLimits): number {
  return Math.floor(Math.min(limits.ballastBytes, fullBelow(totalBytes, limits) / 2))
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** As `1.9 GiB`. */
export function formatBytes(bytes: number): string {
  let [amount, unit] = [bytes, 0]
  for (; amount >= 1024 && unit < UNITS.length - 1; unit++) amount /= 1024
  const digits = amount < 10 && unit > 0 ? 1 : 0
  return `${amount.toFixed(digits)} ${UNITS[unit] ?? ''}`
}

/** The simulated form: a disk that is as full as the test says. */
export class SimulatedSpace implements Space {
  #stage: Stage = 'ample'
  readonly #changed: (() => void)[] = []

  get stage(): Stage {
    return this.#stage
  }

  get scarce(): string | undefined {
    return this.#stage === 'scarce' || this.#stage === 'full'
      ? 'the disk is nearly full'
      : undefined
  }

  get full(): string | undefined {
    return this.#stage === 'full' ? 'the disk is full' : undefined
  }

  onChange(changed: () => void): void {
    this.#changed.push(changed)
  }

  become(stage: Stage): void {
    this.#stage = stage
    for (const changed of this.#changed) changed()
  }
}
