/**
 * What a node and its holder say to each other, version 1, and the only place where bytes from the
 * socket become typed values. A holder may be older or newer than the node: fields are only ever
 * added, an unknown message ends the connection, and a breaking change is a new version, which a
 * new generation of the holder speaks while the old one drains.
 */
import type {
  AttemptKey,
  EndReason,
  Exit,
  Held,
  Leash,
  RefusedReason,
  Renewal,
  TerminalSize,
  TerminalSpec,
} from '../../actors/terminals.ts'

export const PROTOCOL_VERSION = 1

/** Output on its way to one follower and not yet taken by it. Unit: bytes. */
export const WINDOW_BYTES = 256 * 1024
/** The same for what the follower reads from the file. */
export const KEPT_WINDOW_BYTES = 1024 * 1024

export type Request =
  | { readonly type: 'hello'; readonly version: number; readonly store: string }
  | { readonly type: 'start'; readonly ask: number; readonly spec: TerminalSpec }
  | { readonly type: 'renew'; readonly ask: number; readonly renewals: readonly Renewal[] }
  | { readonly type: 'list'; readonly ask: number }
  | { readonly type: 'end'; readonly key: AttemptKey; readonly reason: EndReason }
  | { readonly type: 'write'; readonly key: AttemptKey; readonly bytes: Uint8Array }
  | { readonly type: 'resize'; readonly key: AttemptKey; readonly size: TerminalSize }
  | { readonly type: 'forget'; readonly key: AttemptKey }
  | Follow
  | { readonly type: 'unfollow'; readonly stream: number }
  /** The follower has used all bytes before `to`; the window opens behind it. */
  | { readonly type: 'taken'; readonly stream: number; readonly to: number }
  /** Another generation died: sweep what it left and take over its records. */
  | { readonly type: 'adopt' }
  /** Take nothing new, leave when empty. */
  | { readonly type: 'drain' }

export interface Follow {
  readonly type: 'follow'
  readonly stream: number
  readonly key: AttemptKey
  readonly from: number
}

export type Reply =
  | Welcome
  | { readonly type: 'started'; readonly ask: number }
  | {
      readonly type: 'refused'
      readonly ask: number
      readonly reason: RefusedReason
      readonly detail: string
    }
  | { readonly type: 'renewed'; readonly ask: number }
  | { readonly type: 'held'; readonly ask: number; readonly held: readonly Held[] }
  | { readonly type: 'exit'; readonly key: AttemptKey; readonly exit: Exit }
  | {
      readonly type: 'output'
      readonly stream: number
      readonly offset: number
      readonly bytes: Uint8Array
    }
  /** Up to `to` it lies in the file `output` of the attempt: read it there, it costs half. */
  | { readonly type: 'kept'; readonly stream: number; readonly to: number }
  | { readonly type: 'gap'; readonly stream: number; readonly from: number; readonly to: number }
  | { readonly type: 'finished'; readonly stream: number; readonly exit: Exit }
  | { readonly type: 'gone'; readonly stream: number }

export interface Welcome {
  readonly type: 'welcome'
  readonly version: number
  readonly generation: number
  readonly pid: number
  /** The program it was started from; another one asks for an upgrade. */
  readonly build: string
  readonly draining: boolean
  readonly health: HolderHealth
}

/** How well this holder can keep its promises on this machine. */
export interface HolderHealth {
  /** By what the processes of an attempt are found: from the strongest to the weakest. */
  readonly confinement: 'cgroup2' | 'cgroup1' | 'marks' | 'group'
  /** Processes and threads of one attempt; `null`: no limit can be set here. */
  readonly processesMax: number | null
  /** What an operator should know, a sentence each. */
  readonly notes: readonly string[]
}

/** `undefined` for anything that is not a request of this version. */
export function parseRequest(header: unknown, payload: Uint8Array): Request | undefined {
  try {
    return request(record(header), payload)
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

class Malformed extends Error {}

type Fields = Readonly<Record<string, unknown>>

function request(fields: Fields, payload: Uint8Array): Request {
  const type = fields['type']
  switch (type) {
    case 'hello':
      return { type, version: whole(fields['version']), store: text(fields['store']) }
    case 'start':
      return { type, ask: whole(fields['ask']), spec: spec(record(fields['spec'])) }
    case 'renew':
      return { type, ask: whole(fields['ask']), renewals: list(fields['renewals'], renewal) }
    case 'list':
      return { type, ask: whole(fields['ask']) }
    case 'end':
      return { type, key: key(fields['key']), reason: endReason(fields['reason']) }
    case 'write':
      return { type, key: key(fields['key']), bytes: payload }
    case 'resize':
      return { type, key: key(fields['key']), size: size(record(fields['size'])) }
    case 'forget':
      return { type, key: key(fields['key']) }
    case 'follow':
      return {
        type,
        stream: whole(fields['stream']),
        key: key(fields['key']),
        from: whole(fields['from']),
      }
    case 'unfollow':
      return { type, stream: whole(fields['stream']) }
    case 'taken':
      return { type, stream: whole(fields['stream']), to: whole(fields['to']) }
    case 'adopt':
    case 'drain':
      return { type }
    default:
      throw new Malformed()
  }
}

function spec(fields: Fields): TerminalSpec {
  const cwd = fields['cwd']
  const deadlineMs = fields['deadlineMs']
  return {
    key: key(fields['key']),
    argv: list(fields['argv'], text),
    ...(cwd === undefined ? {} : { cwd: text(cwd) }),
    env: strings(fields['env']),
    ...size(fields),
    deadlineMs: deadlineMs === null ? null : moment(deadlineMs),
    leash: leash(fields['leash']),
    outputBytesMax: whole(fields['outputBytesMax']),
  }
}

function renewal(value: unknown): Renewal {
  const fields = record(value)
  return { key: key(fields['key']), leash: leash(fields['leash']) }
}

function leash(value: unknown): Leash {
  return value === 'unlimited' ? value : { untilMs: moment(record(value)['untilMs']) }
}

/** Bounds that make a key safe as a file name, too. */
function key(value: unknown): AttemptKey {
  const fields = record(value)
  const task = text(fields['task'])
  const attempt = whole(fields['attempt'])
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(task) || attempt < 1 || attempt > 999_999_999) {
    throw new Malformed()
  }
  return { task, attempt }
}

function size(fields: Fields): TerminalSize {
  const cols = whole(fields['cols'])
  const rows = whole(fields['rows'])
  if (cols < 1 || cols > 1000 || rows < 1 || rows > 1000) throw new Malformed()
  return { cols, rows }
}

function endReason(value: unknown): EndReason {
  if (value === 'cancelled' || value === 'timed-out' || value === 'leash' || value === 'stale') {
    return value
  }
  throw new Malformed()
}

function strings(value: unknown): Readonly<Record<string, string>> {
  const fields = record(value)
  for (const each of Object.values(fields)) text(each)
  return fields as Readonly<Record<string, string>>
}

function list<T>(value: unknown, parse: (each: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new Malformed()
  return value.map(parse)
}

function record(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed()
  return value as Fields
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value.includes('\0')) throw new Malformed()
  return value
}

function whole(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Malformed()
}

function moment(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new Malformed()
}
