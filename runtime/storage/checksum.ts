import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** CRC-32 (ISO-HDLC): the one that Node computes natively, ten times as fast as CRC-32C in script. */
export function checksum(key: string, bytes: Uint8Array): number {
  return crc32(bytes, crc32(key))
}

/** SHA-256 over an entry's place, its bytes and the hash before it. */
export function chainHash(
  previous: Uint8Array,
  index: number,
  epoch: number,
  bytes: Uint8Array,
): Uint8Array {
  return createHash('sha256').update(previous).update(`${index} ${epoch} `).update(bytes).digest()
}
