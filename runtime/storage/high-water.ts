import type { RuntimeError } from '../errors.ts'
import type { Done } from './store.ts'

/** How far a database is known to reach, kept outside of it. */
export interface Water {
  /** Number of a batch that was written. */
  readonly sequence: number
  /** Number of the newest batch when the database was last opened: from here on, gaps are possible. */
  readonly openedAt: number
}

/**
 * Remembers the high-water mark where a database cannot lose it: a database that ends below its
 * mark has lost its tail. Real form: `directory/high-water-file.ts`.
 */
export interface HighWater {
  /** The highest mark there is; `undefined` if none was ever set. */
  read(): Water | undefined
  /** Sets the mark: it outlives the program, though not a loss of power. Returns what went wrong. */
  note(water: Water): RuntimeError | undefined
  /** What was noted outlives a loss of power, too, once `done` is called without an error. */
  sync(done: Done): void
  close(): void
}

/** The simulated form: survives whatever happens to the database. */
export class MemoryHighWater implements HighWater {
  #noted: Water | undefined
  #synced: Water | undefined

  read(): Water | undefined {
    return this.#noted
  }

  note(water: Water): undefined {
    this.#noted = water
  }

  sync(done: Done): void {
    this.#synced = this.#noted
    done()
  }

  close(): void {
    // Nothing is open.
  }

  /** What was only noted is gone. */
  losePower(): void {
    this.#noted = this.#synced
  }
}
