import { RuntimeError } from '../errors.ts'
import { checksum } from './checksum.ts'

/** `[version u8][flags u8][crc32 u32][written ms u64]`, big endian, before every value on disk. */
const HEADER_BYTES = 14
const VERSION = 1
const TWO_32 = 2 ** 32

/** The value as it is stored: LevelDB of 2017 returns rotten bytes without an error, this does not. */
export function framed(key: string, payload: Uint8Array, wallMs: number): Uint8Array {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length)
  const writtenMs = Math.max(0, wallMs)
  frame[0] = VERSION
  frame[1] = 0
  frame.writeUInt32BE(checksum(key, payload), 2)
  frame.writeUInt32BE(Math.floor(writtenMs / TWO_32), 6)
  frame.writeUInt32BE(writtenMs % TWO_32, 10)
  frame.set(payload, HEADER_BYTES)
  return frame
}

/** Throws `STORE_CORRUPT` when the bytes are not those that were written under this key. */
export function unframed(key: string, frame: Uint8Array): Uint8Array {
  const payload = frame.subarray(HEADER_BYTES)
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const whole = frame.length >= HEADER_BYTES && frame[0] === VERSION
  if (whole && view.getUint32(2) === checksum(key, payload)) return payload
  const message = `Cannot read "${key}": its bytes are not those that were written`
  throw new RuntimeError('STORE_CORRUPT', message, { details: { key } })
}
