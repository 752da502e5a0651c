import { assert } from '../../../runtime/errors.ts'

const FIRST_BYTES = 16 * 1024

/**
 * The last bytes of a stream, addressed by their offset in it. Starts small and doubles up to its
 * limit, because most terminals are quiet. Mutable and without input or output.
 */
export class Ring {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #start = 0
  #end = 0
  readonly #bytesMax: number

  /** @param bytesMax A power of two of at least 16 KiB. */
  constructor(bytesMax: number) {
    assert(bytesMax >= FIRST_BYTES && Number.isInteger(Math.log2(bytesMax)), 'a power of two')
    this.#bytesMax = bytesMax
  }

  /** Offset of the oldest byte still here. */
  get start(): number {
    return this.#start
  }

  /** Offset that the next byte will have. */
  get end(): number {
    return this.#end
  }

  append(bytes: Uint8Array): void {
    assert(bytes.length <= this.#bytesMax, 'a chunk fits the ring')
    const length = this.#end - this.#start + bytes.length
    while (this.#buffer.length < length && this.#buffer.length < this.#bytesMax) this.#grow()
    const size = this.#buffer.length
    const at = this.#end % size
    const first = Math.min(bytes.length, size - at)
    this.#buffer.set(first === bytes.length ? bytes : bytes.subarray(0, first), at)
    if (first < bytes.length) this.#buffer.set(bytes.subarray(first), 0)
    this.#end += bytes.length
    this.#start = Math.max(this.#start, this.#end - size)
  }

  /** A copy of up to `bytesMax` bytes from `offset`, which must be in [start, end]. */
  read(offset: number, bytesMax: number): Buffer {
    assert(offset >= this.#start && offset <= this.#end, 'the offset is in the ring')
    const length = Math.min(bytesMax, this.#end - offset)
    const copy = Buffer.allocUnsafe(length)
    const at = offset % this.#buffer.length
    const first = Math.min(length, this.#buffer.length - at)
    this.#buffer.copy(copy, 0, at, at + first)
    if (first < length) this.#buffer.copy(copy, first, 0, length - first)
    return copy
  }

  #grow(): void {
    const kept = this.read(this.#start, this.#end - this.#start)
    this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length * 2)
    const end = this.#end
    this.#end = this.#start
    const start = this.#start
    this.append(kept)
    assert(this.#end === end && this.#start === start, 'growing keeps every byte')
  }
}
