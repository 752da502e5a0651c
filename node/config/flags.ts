import { RuntimeError } from '../../runtime/errors.ts'
import { closest } from '../../runtime/closest.ts'
import { KEY_NAMES, KEYS, LATER_FLAGS, START_FLAGS, type Key, type KeyName } from './keys.ts'
import type { Found } from './values.ts'

/** What the command line of `architect` says. */
export interface Flags {
  readonly keys: ReadonlyMap<KeyName, Found>
  readonly start: Readonly<Partial<Record<keyof typeof START_FLAGS, string>>>
}

/** `--name VALUE` and `--name=VALUE`. The last of two counts. Throws `INVALID_ARGUMENT`. */
export function parseFlags(argv: readonly string[]): Flags {
  const keys = new Map<KeyName, Found>()
  const start: Partial<Record<keyof typeof START_FLAGS, string>> = {}
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const given = word === '-h' ? '--help' : word
    const equals = given.indexOf('=')
    const flag = equals < 0 ? given : given.slice(0, equals)
    const takeValue = (): string => {
      const value = equals < 0 ? rest.shift() : given.slice(equals + 1)
      if (value !== undefined && value !== '') return value
      throw usage(`${flag} needs a value`)
    }
    const name = flag.slice(2)
    if (!flag.startsWith('--')) throw usage(`"${word}" is no flag`)
    const key = KEY_FLAGS.get(name)
    if (key !== undefined) keys.set(key, { value: takeValue(), where: flag })
    else if (isStartFlag(name)) start[name] = START_FLAGS[name].value === '' ? 'yes' : takeValue()
    else if (LATER_FLAGS.has(name)) throw usage(`${flag} is of no use yet: ${ONE_MACHINE}`)
    else throw usage(unknownFlag(flag))
  }
  return { keys, start }
}

const ONE_MACHINE = 'a cluster of this release is one machine'

/** Keys that have a flag, by the flag's name: the last part of the key's. */
export const KEY_FLAGS: ReadonlyMap<string, KeyName> = new Map(
  KEY_NAMES.filter((name) => (KEYS[name] as Key).flag !== undefined).map((name) => [
    name.slice(name.lastIndexOf('.') + 1),
    name,
  ]),
)

function isStartFlag(name: string): name is keyof typeof START_FLAGS {
  return Object.hasOwn(START_FLAGS, name)
}

function unknownFlag(flag: string): string {
  const names = [...KEY_FLAGS.keys(), ...Object.keys(START_FLAGS)].map((name) => `--${name}`)
  const meant = closest(flag, names)
  return `there is no flag "${flag}"${meant ? `; did you mean "${meant}"?` : ''}`
}

function usage(problem: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `Cannot start: ${problem} (see architect --help)`)
}
