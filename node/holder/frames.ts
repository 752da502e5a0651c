/**
 * The unit on the wire between a node and its holder:
 *
 *     u32 length of the rest · u32 length of the header · header (JSON) · payload (raw bytes)
 *
 * Integers are little-endian. JSON, because messages are few and small and the holder must stay
 * light (a msgpack codec costs it 3.5 MB resident); the many bytes, terminal output and keys, are
 * the payload and are not encoded at all. A frame beyond the limit, or one that is not JSON, ends
 * the connection: there is no way to find the next one.
 */
export const FRAME_BYTES_MAX = 8 * 1024 * 1024

const LENGTHS_BYTES = 8

export interface Frame {
  readonly header: unknown
  readonly payload: Uint8Array
}

const EMPTY = new Uint8Array(0)

/** Throws `RangeError` beyond the limit: what is sent was bounded before. */
export function encodeFrame(header: object, payload: Uint8Array = EMPTY): Buffer {
  const text = JSON.stringify(header)
  const headerBytes = Buffer.byteLength(text)
  const bytes = LENGTHS_BYTES + headerBytes + payload.length
  if (bytes > FRAME_BYTES_MAX) throw new RangeError(`Cannot send a frame: ${bytes} bytes`)
  const frame = Buffer.allocUnsafe(bytes)
  frame.writeUInt32LE(bytes - 4, 0)
  frame.writeUInt32LE(headerBytes, 4)
  frame.write(text, LENGTHS_BYTES)
  frame.set(payload, LENGTHS_BYTES + headerBytes)
  return frame
}

/** Cuts a byte stream into frames. Holds at most one frame and one chunk. */
export class FrameDecoder {
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** Bytes needed before it is worth looking again. */
  #needed = LENGTHS_BYTES

  /**
   * The frames that `chunk` completes. Payloads are views of what was pushed: use or copy them
   * before the chunk's memory is used again. Throws on bytes that no encoder wrote.
   */
  push(chunk: Uint8Array): Frame[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#needed) return []
    const buffer = this.#chunks.length === 1 ? asBuffer(chunk) : Buffer.concat(this.#chunks)
    const frames: Frame[] = []
    let at = 0
    for (;;) {
      this.#needed = frameBytes(buffer, at)
      if (buffer.length - at < this.#needed) break
      frames.push(readFrame(buffer.subarray(at, at + this.#needed)))
      at += this.#needed
    }
    this.#bytes = buffer.length - at
    this.#chunks = this.#bytes > 0 ? [Buffer.from(buffer.subarray(at))] : []
    return frames
  }
}

function frameBytes(buffer: Buffer, at: number): number {
  if (buffer.length - at < LENGTHS_BYTES) return LENGTHS_BYTES
  const bytes = buffer.readUInt32LE(at) + 4
  const headerBytes = buffer.readUInt32LE(at + 4)
  if (bytes > FRAME_BYTES_MAX || bytes < LENGTHS_BYTES + headerBytes) {
    throw new RangeError(`Cannot read a frame: ${bytes} bytes with a header of ${headerBytes}`)
  }
  return bytes
}

function readFrame(frame: Buffer): Frame {
  const payloadAt = LENGTHS_BYTES + frame.readUInt32LE(4)
  const header: unknown = JSON.parse(frame.toString('utf8', LENGTHS_BYTES, payloadAt))
  return { header, payload: frame.subarray(payloadAt) }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
