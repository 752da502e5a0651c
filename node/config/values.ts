import { RuntimeError } from '../../runtime/errors.ts'
import type { KeyKind } from './keys.ts'

/** A value as it was found, and where, for the message when it is wrong. */
export interface Found {
  readonly value: unknown
  /** `node.yaml:12`, or `--slots`. */
  readonly where: string
}

/** What the machine says where nothing is set. */
export interface Machine {
  readonly hostName: string
  readonly homeDirectory: string
  readonly workingDirectory: string
  readonly cpuCount: number
}

export function wrong(where: string, problem: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `Cannot use the configuration: ${where}: ${problem}`)
}

/** The value of a key, checked. Flags give text, files give numbers and lists as well. */
export function parseValue(
  name: string,
  { value, where }: Found,
  key: KeyKind,
  machine: Machine,
): string | number | readonly string[] {
  const fail = (expected: string): never => {
    throw wrong(where, `"${name}" has to be ${expected}, not ${shown(value)}`)
  }
  switch (key.kind) {
    case 'path':
      return typeof value === 'string' && value !== '' ? absolute(value, machine) : fail('a path')
    case 'name':
      return isName(value) ? value : fail(`1 to 63 of a-z, 0-9 and "-"`)
    case 'choice':
      return isText(value) && key.choices.includes(value) ? value : fail(key.choices.join(' or '))
    case 'count':
      return count(value, key.min, key.max) ?? fail(`a whole number from ${key.min} to ${key.max}`)
    case 'labels':
      return labels(value, key.max) ?? fail(`at most ${key.max} labels such as gpu or zone=eu`)
    case 'address': {
      const address = isText(value) ? value : fail('host:port')
      if (!parseAddress(address)) fail('host:port, such as 127.0.0.1:8080')
      if (key.loopback && !isLoopback(address)) fail(LOOPBACK_ONLY)
      return address
    }
  }
}

const LOOPBACK_ONLY =
  'a loopback address such as 127.0.0.1:8080 (this door has no TLS; use an SSH tunnel from afar)'

/** `undefined` unless it is `host:port`, where an IPv6 host stands in brackets. */
export function parseAddress(
  address: string,
): { readonly host: string; readonly port: number } | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(address)
  const port = Number(match?.[2])
  if (!match?.[1] || port > 65_535) return undefined
  return { host: match[1].replace(/^\[|\]$/g, ''), port }
}

export function isLoopback(address: string): boolean {
  const host = parseAddress(address)?.host ?? ''
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** A host's name, made into a node's. */
export function nameOf(hostName: string): string {
  const short = hostName.toLowerCase().split('.')[0] ?? ''
  return (
    short
      .replaceAll(/[^a-z0-9-]/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 63) || 'node'
  )
}

function absolute(path: string, { homeDirectory, workingDirectory }: Machine): string {
  if (path === '~' || path.startsWith('~/')) return homeDirectory + path.slice(1)
  return path.startsWith('/') ? path : `${workingDirectory}/${path}`
}

function isName(value: unknown): value is string {
  return isText(value) && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function count(value: unknown, min: number, max: number): number | undefined {
  const number = isText(value) && /^\d{1,15}$/.test(value) ? Number(value) : value
  const fits = Number.isInteger(number) && Number(number) >= min && Number(number) <= max
  return fits ? Number(number) : undefined
}

function labels(value: unknown, max: number): readonly string[] | undefined {
  const list: unknown = isText(value) ? value.split(',').filter((label) => label !== '') : value
  if (!Array.isArray(list) || list.length > max) return undefined
  const fits = list.every((label) => isText(label) && LABEL.test(label))
  return fits ? [...new Set<string>(list)] : undefined
}

const LABEL = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}(=[A-Za-z0-9._/-]{0,63})?$/

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80)
}
