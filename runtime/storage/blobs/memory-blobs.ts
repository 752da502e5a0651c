import { RuntimeError } from '../../errors.ts'
import type { Clock } from '../../scheduling/clock.ts'
import { contentHash } from '../checksum.ts'
import type { Done } from '../store.ts'
import type { Blob, Blobs } from './blobs.ts'

export interface MemoryBlobsOptions {
  readonly clock: Clock
  /** What the file of this name holds; `undefined` if there is none. */
  file(source: string): Uint8Array | undefined
  /** How long the disk takes. Unit: ms. Default 0.2. */
  delayMs?(): number
  /** The fate of the next seal. Default `ok`. */
  fate?(): 'ok' | 'full'
  /** Whether a seal that was asked for and not answered at a crash is there after it. Default false. */
  kept?(): boolean
}

interface Kept {
  readonly bytes: Uint8Array
  /** Who else has it: the file that it is a second name of. */
  readonly source: string
  readonly namedMs: number
}

/** The simulated form of blobs: they outlive the node; a seal that was not yet answered may. */
export class MemoryBlobs implements Blobs {
  readonly #options: MemoryBlobsOptions
  readonly #kept = new Map<string, Kept>()
  readonly #asked = new Set<() => void>()
  /** What was asked for by a program that has crashed is heard of by nobody. */
  #opening = 0

  constructor(options: MemoryBlobsOptions) {
    this.#options = options
  }

  /** On disk, whatever happens. */
  has(hash: string): boolean {
    return this.#kept.has(hash)
  }

  /** The program is gone, and what was on its way to the disk with it. */
  crash(): void {
    for (const keep of this.#asked) if (this.#options.kept?.()) keep()
    this.#asked.clear()
    this.#opening += 1
  }

  /** Its last bit is flipped. */
  rot(hash: string): void {
    const kept = this.#kept.get(hash)
    const last = (kept?.bytes.length ?? 0) - 1
    if (kept)
      this.#kept.set(hash, { ...kept, bytes: kept.bytes.with(last, (kept.bytes[last] ?? 0) ^ 1) })
  }

  seal(source: string, { hash }: Blob, done: Done): void {
    const { file, clock } = this.#options
    const full = this.#options.fate?.() === 'full'
    const keep = (): RuntimeError | undefined => {
      const known = this.#kept.get(hash)
      const bytes = known?.bytes ?? file(source)
      if (!bytes) return new RuntimeError('NOT_FOUND', `Cannot keep "${source}": it is gone`)
      const from = known?.source ?? source
      this.#kept.set(hash, { bytes, source: from, namedMs: clock.wallMs() })
      return undefined
    }
    if (!full) this.#asked.add(keep)
    this.#later(() => {
      this.#asked.delete(keep)
      done(full ? new RuntimeError('STORE_FULL', `Cannot keep "${source}": no space left`) : keep())
    })
  }

  read(
    { hash }: Blob,
    at: number,
    bytes: number,
    done: (result: Uint8Array | RuntimeError) => void,
  ): void {
    this.#later(() => {
      const kept = this.#kept.get(hash)
      const whole = kept && contentHash(kept.bytes) === hash
      if (whole) return done(kept.bytes.subarray(at, at + bytes))
      const why = kept ? 'its bytes are not those it was named by' : 'it is gone'
      const details = { blob: hash }
      done(new RuntimeError('STORE_CORRUPT', `Cannot read the blob "${hash}": ${why}`, { details }))
    })
  }

  old(beforeMs: number, countMax: number, done: (hashes: readonly string[]) => void): void {
    this.#later(() => {
      const old = [...this.#kept.keys()].filter((hash) => this.#isOld(hash, beforeMs))
      done(old.slice(0, countMax))
    })
  }

  remove(hashes: readonly string[], beforeMs: number, done: Done): void {
    this.#later(() => {
      for (const hash of hashes) if (this.#isOld(hash, beforeMs)) this.#kept.delete(hash)
      done()
    })
  }

  #isOld(hash: string, beforeMs: number): boolean {
    const kept = this.#kept.get(hash)
    return kept !== undefined && kept.namedMs < beforeMs && !this.#options.file(kept.source)
  }

  #later(run: () => void): void {
    const opening = this.#opening
    this.#options.clock.after(this.#options.delayMs?.() ?? 0.2, () => {
      if (opening === this.#opening) run()
    })
  }
}
