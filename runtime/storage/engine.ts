import type { Done, KeyRange, Op, Visit } from './store.ts'

/**
 * The raw ordered key-value database under a store. It keeps what it is given and checks nothing.
 *
 * - A batch is atomic. It is durable when `done` is called without an error.
 * - One write at a time: the next is asked for only after `done`.
 * - A read sees every finished write; a scan sees the database as it was when it began.
 */
export interface Engine {
  write(ops: readonly Op[], done: Done): void
  get(key: string): Uint8Array | undefined
  scan(range: KeyRange, visit: Visit, done: Done): void
  /** The database as it is now, for as long as it is wanted. */
  snapshot(): EngineSnapshot
  close(done: () => void): void
}

export interface EngineSnapshot extends Pick<Engine, 'scan'> {
  release(done: () => void): void
}
