import type { Random } from './random.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_LENGTH = 10
const CHANCE_LENGTH = 16

/** A ULID (ulid/spec 1.0): 48 bits of wall time, then 80 of chance; sorts by time. 26 characters. */
export function ulid(wallMs: number, random: Random): string {
  let time = ''
  for (let rest = wallMs, at = 0; at < TIME_LENGTH; at++, rest = Math.floor(rest / 32)) {
    time = letter(rest % 32) + time
  }
  let tail = ''
  for (const byte of random.bytes(CHANCE_LENGTH)) tail += letter(byte & 31)
  return time + tail
}

export const ULID_PATTERN = /^[0-9A-HJKMNP-TV-Z]{26}$/

function letter(index: number): string {
  return ALPHABET.charAt(index)
}
