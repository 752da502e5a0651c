import { rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Ballast } from './space-watch.ts'

const PIECE_BYTES = 1024 * 1024

/** `ballast` in the data directory: zeros that were really written, because a hole takes no room. */
export class BallastFile implements Ballast {
  readonly #path: string
  laid: boolean

  constructor(path: string) {
    this.#path = path
    this.laid = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0
  }

  lay(bytes: number, done: () => void): void {
    this.#write(bytes).then(
      () => {
        this.laid = true
        done()
      },
      () => {
        this.release() // Somebody else took the room meanwhile.
        done()
      },
    )
  }

  release(): void {
    this.laid = false
    rmSync(this.#path, { force: true })
  }

  async #write(bytes: number): Promise<void> {
    const file = await open(this.#path, 'w', 0o600)
    try {
      const piece = Buffer.alloc(PIECE_BYTES)
      for (let at = 0; at < bytes; at += PIECE_BYTES) {
        await file.write(piece, 0, Math.min(PIECE_BYTES, bytes - at), at)
      }
      await file.sync()
    } finally {
      await file.close()
    }
  }
}
