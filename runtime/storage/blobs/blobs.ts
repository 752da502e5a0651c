import type { RuntimeError } from '../../errors.ts'
import type { Done } from '../store.ts'

/** A file named by what it holds, as a row names it. */
export interface Blob {
  /** SHA-256, hex. */
  readonly hash: string
  readonly bytes: number
}

/** Files that rows name by their content. The same bytes are one blob, whoever names them. */
export interface Blobs {
  /**
   * Gives a file that has this content, and is on disk, a second name: its hash. That name is on disk
   * once `done` is called without an error; only then may a row name it. Doing so again changes nothing.
   * `NOT_FOUND`: there is neither the file nor the blob.
   *
   * @param source below the data directory.
   */
  seal(source: string, blob: Blob, done: Done): void
  /**
   * Up to `bytes` bytes from `at` on, of a blob all of whose bytes were found to be those of its name;
   * else `STORE_CORRUPT`, which names it.
   */
  read(
    blob: Blob,
    at: number,
    bytes: number,
    done: (result: Uint8Array | RuntimeError) => void,
  ): void
  /**
   * Hashes of blobs that have no other name and had their last one given or taken before this moment
   * on the wall clock: what rows may not name any more. At most so many, from another place each time.
   */
  old(beforeMs: number, countMax: number, done: (hashes: readonly string[]) => void): void
  /** Deletes those of them that are still as old. */
  remove(hashes: readonly string[], beforeMs: number, done: Done): void
}
