import type { Done } from './store.ts'

/** How far a database is known to reach, kept outside of it. */
export interface Water {
  /** Number of a batch that was acknowledged. */
  readonly sequence: number
  /** Number of the newest batch when the database was last opened: from here on, gaps are possible. */
  readonly openedAt: number
}

/**
 * Remembers the high-water mark where a database cannot lose it: a database that ends below its
 * mark has lost its tail. Real form: `high-water-file.ts`.
 */
export interface HighWater {
  read(): Water | undefined
  write(water: Water, done: Done): void
}

/** The simulated form: survives whatever happens to the database. */
export class MemoryHighWater implements HighWater {
  #water: Water | undefined

  read(): Water | undefined {
    return this.#water
  }

  write(water: Water, done: Done): void {
    this.#water = water
    done()
  }
}
