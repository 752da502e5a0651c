import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** CRC-32 (ISO-HDLC): the one that Node computes natively, ten times as fast as CRC-32C in script. */
export function checksum(key: string, bytes: Uint8Array): number {
  return crc32(bytes, crc32(key))
}

/** SHA-256, hex: the name of a blob with these bytes, and what stands for a secret. */
export function contentHash(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex')
}

/** What is hashed is gathered here: a hash object for each piece would cost more than the hash. */
const page = Buffer.allocUnsafe(16_384)

/** SHA-256 over an entry's place, its bytes and the hash before it. */
export function chainHash(
  previous: Uint8Array,
  index: number,
  epoch: number,
  bytes: Uint8Array,
): Uint8Array {
  const place = `${index} ${epoch} `
  const from = previous.length + place.length
  const to = from + bytes.length
  const all = to > page.length ? Buffer.allocUnsafe(to) : page
  all.set(previous)
  all.write(place, previous.length, 'latin1')
  all.set(bytes, from)
  return hash('sha256', all.subarray(0, to), 'buffer')
}
