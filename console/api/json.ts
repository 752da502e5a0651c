import { RuntimeError } from '../../runtime/errors.ts'

/** Levels of a value: far more than any request here needs. */
const DEPTH_MAX = 32

/**
 * The value that these bytes write in JSON. Throws `INVALID_ARGUMENT` when they do not, when it is
 * nested too deeply, or when a key could reach the prototype of what it is copied into.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const value = read(bytes)
  check(value, DEPTH_MAX)
  return value
}

function read(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (failure) {
    throw refused(failure instanceof TypeError ? 'it is not UTF-8' : 'it is not JSON')
  }
}

function check(value: unknown, levelsLeft: number): void {
  if (typeof value !== 'object' || value === null) return
  if (levelsLeft === 0) throw refused(`it has more than ${DEPTH_MAX} levels`)
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') throw refused('it has a field "__proto__"')
    check(inner, levelsLeft - 1)
  }
}

function refused(why: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `Cannot read what was sent: ${why}`)
}
