import type { Random } from './random.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHANCE_LENGTH = 16

/** Ten bits as two characters: half as many parts to join as letters. */
const PAIRS = [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second))

/** A ULID (ulid/spec 1.0): 48 bits of wall time, then 80 of chance; sorts by time. 26 characters. */
export function ulid(wallMs: number, random: Random): string {
  let text = ''
  for (let shift = 2 ** 40; shift >= 1; shift /= 1_024) {
    text += PAIRS[Math.floor(wallMs / shift) % 1_024]
  }
  const chance = random.bytes(CHANCE_LENGTH)
  for (let at = 0; at < CHANCE_LENGTH; at += 2) text += PAIRS[pairOf(chance, at)]
  return text
}

export const ULID_PATTERN = /^[0-9A-HJKMNP-TV-Z]{26}$/

/** Five bits of each of two bytes. */
function pairOf(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) & 31) << 5) | ((bytes[at + 1] ?? 0) & 31)
}
