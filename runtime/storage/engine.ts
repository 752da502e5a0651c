import type { Done, KeyRange, Op } from './store.ts'

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
  scan(range: KeyRange, visit: (key: string, value: Uint8Array) => boolean | void, done: Done): void
  close(done: () => void): void
}
