import type { RetentionLimits } from '../../actors/retention/retention.ts'
import type { SpaceLimits } from '../../runtime/storage/space/space.ts'
import type { AdminLimits } from '../admin/limits.ts'

/**
 * Everything that can be set about a node: the key in a YAML file, its flag, and what it may be.
 * The defaults stand in `config/node.yaml`, which explains each key; `null` there means that the
 * machine decides. To add one: a line here, a field below, a commented key in that file.
 */
export interface NodeConfiguration {
  /** Absolute. */
  readonly data: string
  readonly name: string
  /** `host:port`, as the other. Ask `chooseAddresses` before use. */
  readonly console: string
  readonly admin: string
  readonly log: 'text' | 'json'
  readonly slots: number
  readonly labels: readonly string[]
  readonly noticeMs: number
  readonly drainMs: number
  readonly disk: SpaceLimits
  readonly adminLimits: AdminLimits
  readonly retention: RetentionLimits
  /** Addresses that somebody asked for: they are never moved. */
  readonly explicit: ReadonlySet<Door>
}

export const DOORS = ['console', 'admin'] as const
export type Door = (typeof DOORS)[number]

export type KeyKind =
  | { readonly kind: 'path' }
  | { readonly kind: 'name' }
  | { readonly kind: 'address'; readonly loopback: boolean }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'count'; readonly min: number; readonly max: number }
  | { readonly kind: 'labels'; readonly max: number }

export type Key = KeyKind & {
  /** Value's name in the help; without it there is no flag. */
  readonly flag?: string
  readonly summary?: string
}

/** By their place in the file. */
export const KEYS = {
  'node.data': { kind: 'path', flag: 'DIR', summary: 'where the node keeps everything' },
  'node.name': { kind: 'name', flag: 'NAME', summary: 'what the node is called' },
  'node.console': {
    kind: 'address',
    loopback: true,
    flag: 'ADDR',
    summary: 'where the console and the HTTP API listen',
  },
  'node.admin': {
    kind: 'address',
    loopback: true,
    flag: 'ADDR',
    summary: 'where gaia and other gRPC clients connect',
  },
  'node.log': {
    kind: 'choice',
    choices: ['text', 'json'],
    flag: 'text|json',
    summary: 'for people or for programs, on standard output',
  },
  'node.slots': {
    kind: 'count',
    min: 0,
    max: 1_024,
    flag: 'N',
    summary: 'tasks that run here at a time',
  },
  'node.labels': {
    kind: 'labels',
    max: 64,
    flag: 'a,b=c',
    summary: 'what tasks can require of a node',
  },
  'node.noticeMs': { kind: 'count', min: 0, max: 600_000 },
  'node.drainMs': { kind: 'count', min: 0, max: 600_000 },
  'node.retention.historyDays': { kind: 'count', min: 1, max: 3_650 },
  'node.retention.historyTasksMax': { kind: 'count', min: 1_000, max: 1_000_000_000 },
  'node.retention.keyDays': { kind: 'count', min: 7, max: 3_650 },
  'node.disk.warnFreePercent': { kind: 'count', min: 0, max: 100 },
  'node.disk.takeFreePercent': { kind: 'count', min: 0, max: 100 },
  'node.disk.takeFreeBytes': { kind: 'count', min: 0, max: 1_099_511_627_776 },
  'node.disk.writeFreePercent': { kind: 'count', min: 0, max: 100 },
  'node.disk.writeFreeBytes': { kind: 'count', min: 0, max: 1_099_511_627_776 },
  'node.disk.ballastBytes': { kind: 'count', min: 0, max: 1_099_511_627_776 },
  'node.adminLimits.messageBytesMax': { kind: 'count', min: 65_536, max: 67_108_864 },
  'node.adminLimits.callsMax': { kind: 'count', min: 1, max: 10_000 },
  'node.adminLimits.inFlightMax': { kind: 'count', min: 1, max: 65_536 },
  'node.adminLimits.keepaliveIntervalMs': { kind: 'count', min: 1_000, max: 3_600_000 },
  'node.adminLimits.keepaliveTimeoutMs': { kind: 'count', min: 100, max: 600_000 },
} as const satisfies Record<string, Key>

export type KeyName = keyof typeof KEYS

export const KEY_NAMES = Object.keys(KEYS) as readonly KeyName[]

/** Flags that are no keys: they are about this one start. */
export const START_FLAGS = {
  config: { value: 'FILE', summary: 'YAML that differs from config/node.yaml' },
  help: { value: '', summary: 'show this' },
  version: { value: '', summary: 'show the version' },
} as const satisfies Record<string, { readonly value: string; readonly summary: string }>

/** Of a cluster of many machines, which this release has not: refused by name, so that nobody guesses. */
export const LATER_FLAGS: ReadonlySet<string> = new Set(['join', 'token', 'discard', 'peer'])
