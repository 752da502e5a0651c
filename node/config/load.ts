import { RuntimeError } from '../../runtime/errors.ts'
import { readDocument } from './document.ts'
import { parseFlags } from './flags.ts'
import { DOORS, KEY_NAMES, KEYS, type Door, type KeyName, type NodeConfiguration } from './keys.ts'
import { nameOf, parseAddress, parseValue, wrong, type Found, type Machine } from './values.ts'

/**
 * Puts a node's configuration together: the defaults of `config/node.yaml`, over them the user's
 * file, over that the flags. Environment variables are never read: what a node does must not hang on
 * the shell that started it. The result is checked and frozen; nothing else reads files or flags.
 */
export interface ConfigurationFiles {
  /** Text of `config/node.yaml`. */
  readonly defaults: string
  /** Text of the file at a path, as the user gave it. Throws `NOT_FOUND`. */
  read(path: string): string
  readonly machine: Machine
}

export type Start =
  | { readonly type: 'node'; readonly configuration: NodeConfiguration }
  | { readonly type: 'help' }
  | { readonly type: 'version' }

/** Throws `INVALID_ARGUMENT` (a wrong flag or key, with its place), `NOT_FOUND` (no such file). */
export function loadConfiguration(argv: readonly string[], files: ConfigurationFiles): Start {
  const { keys, start } = parseFlags(argv)
  if (start.help) return { type: 'help' }
  if (start.version) return { type: 'version' }
  const own =
    start.config === undefined ? NONE : readDocument(start.config, files.read(start.config))
  const defaults = readDocument('config/node.yaml', files.defaults)
  const value = (name: KeyName): unknown => {
    const found = keys.get(name) ?? own.get(name) ?? defaults.get(name)
    return found && parseValue(name, found, KEYS[name], files.machine)
  }
  const tree = nested(new Map(KEY_NAMES.map((name) => [name, value(name)])))
  const configuration = {
    ...byMachine(files.machine),
    ...present((tree as { readonly node: object }).node),
    explicit: new Set(DOORS.filter((door) => asked(door, keys, own))),
  } as NodeConfiguration
  checkRelations(configuration)
  return { type: 'node', configuration: frozen(configuration) }
}

const NONE: ReadonlyMap<KeyName, Found> = new Map()

/** Keys that are `null` in the defaults. */
function byMachine({ hostName, cpuCount }: Machine): Partial<NodeConfiguration> {
  return { name: nameOf(hostName), slots: Math.max(2, cpuCount) }
}

function asked(door: Door, ...sources: readonly ReadonlyMap<KeyName, Found>[]): boolean {
  return sources.some((source) => source.has(`node.${door}`))
}

function checkRelations({ adminLimits, disk, console, admin }: NodeConfiguration): void {
  const { keepaliveIntervalMs, keepaliveTimeoutMs } = adminLimits
  if (keepaliveTimeoutMs >= keepaliveIntervalMs) {
    throw wrong('node.adminLimits', 'keepaliveTimeoutMs has to be below keepaliveIntervalMs')
  }
  const { warnFreePercent, takeFreePercent, writeFreePercent } = disk
  const descend = warnFreePercent >= takeFreePercent && takeFreePercent >= writeFreePercent
  if (!descend || disk.takeFreeBytes < disk.writeFreeBytes) {
    throw wrong(
      'node.disk',
      'warnFree has to be at least takeFree, and takeFree at least writeFree',
    )
  }
  if (console === admin && parseAddress(console)?.port !== 0) {
    throw new RuntimeError(
      'INVALID_ARGUMENT',
      `Cannot use the configuration: console and admin are both ${console}`,
    )
  }
}

/** `a.b: 1` as `{a: {b: 1}}`. */
function nested(values: ReadonlyMap<string, unknown>): object {
  const tree: Record<string, unknown> = {}
  for (const [path, value] of values) {
    const parts = path.split('.')
    const last = parts.pop() ?? ''
    let branch = tree
    for (const part of parts) branch = (branch[part] ??= {}) as Record<string, unknown>
    branch[last] = value
  }
  return tree
}

function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function frozen(configuration: NodeConfiguration): NodeConfiguration {
  Object.freeze(configuration.disk)
  Object.freeze(configuration.adminLimits)
  Object.freeze(configuration.retention)
  Object.freeze(configuration.labels)
  return Object.freeze(configuration)
}
