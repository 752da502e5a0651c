import { assert, unreachable } from '../../errors.ts'
import type { Base, Entry } from '../entry.ts'
import type { ShardMessage } from '../messages.ts'

/**
 * One store's copy of one shard's log: what it has promised, installed and taken (SL1, SL3, SL5).
 *
 * Pure: `step` returns the next copy and what must be on disk *before* the reply may leave. The
 * copy in memory runs ahead of the disk; a crash forgets both the lead and the replies held back.
 */
export interface Replica {
  readonly shard: number
  /** No message of an older epoch is answered with yes. */
  readonly promised: number
  /** Epoch of the last install taken; only its leader may append. */
  readonly normal: number
  readonly base: Base
  /** Entries base.index + 1, base.index + 2, … without a gap. */
  readonly tail: readonly Entry[]
  /** The rows on disk hold the entries up to here. */
  readonly applied: number
}

export type ReplicaMessage = Extract<
  ShardMessage,
  { readonly type: 'seal' | 'install' | 'append' | 'confirm' }
>

/**
 * What to write, and then what to answer. An empty list of entries is written too: it waits for the
 * writes before it, so that a doubled append is not answered ahead of the first. `undefined` needs
 * no disk.
 */
export interface ReplicaEffect {
  readonly write: ReplicaWrite | undefined
  readonly reply: ShardMessage
}

export type ReplicaWrite =
  /** The copy's own numbers changed. */
  | { readonly type: 'meta' }
  /** These entries follow what is on disk. */
  | { readonly type: 'entries'; readonly entries: readonly Entry[] }
  /** The log on disk is replaced by these entries, and the numbers changed. */
  | { readonly type: 'log'; readonly entries: readonly Entry[] }

const META = { type: 'meta' } as const

export function emptyReplica(shard: number, base: Base): Replica {
  return { shard, promised: 0, normal: 0, base, tail: [], applied: base.index }
}

export function lastIndex(replica: Replica): number {
  return replica.base.index + replica.tail.length
}

export function lastHash(replica: Replica): Uint8Array {
  return replica.tail.at(-1)?.hash ?? replica.base.hash
}

export function step(
  replica: Replica,
  message: ReplicaMessage,
): readonly [Replica, ReplicaEffect | undefined] {
  if (message.epoch < replica.promised) return [replica, refuse(replica, message.epoch)]
  switch (message.type) {
    case 'seal':
      return seal(replica, message.epoch)
    case 'install':
      return install(replica, message)
    case 'append':
      return append(replica, message)
    case 'confirm':
      return confirm(replica, message)
    default:
      return unreachable(message)
  }
}

/** SL1: promises the epoch, and tells how far this copy goes. Asked again, it says the same. */
function seal(replica: Replica, epoch: number): readonly [Replica, ReplicaEffect] {
  const sealed = { ...replica, promised: epoch }
  const reply: ShardMessage = {
    type: 'sealed',
    shard: replica.shard,
    epoch,
    normal: replica.normal,
    last: lastIndex(replica),
    base: replica.base.index,
    applied: replica.applied,
  }
  return [sealed, { write: META, reply }]
}

/** SL3: replaces everything after the receiver's applied index, never a row. */
function install(
  replica: Replica,
  message: Extract<ShardMessage, { type: 'install' }>,
): readonly [Replica, ReplicaEffect] {
  const { base, entries, epoch } = message
  assert(base.index <= replica.applied, 'an install without rows reaches back to what is applied')
  const end = base.index + entries.length
  assert(end >= replica.applied, 'a chosen log holds everything that this copy has applied')
  const kept = Math.max(base.index, replica.base.index)
  const tail = entries.slice(kept - base.index)
  const known = { ...replica, promised: epoch, normal: epoch, tail }
  const installed = base.index > replica.base.index ? { ...known, base } : known
  const write = sameLog(tail, replica.tail) ? META : ({ type: 'log', entries: tail } as const)
  const reply: ShardMessage = { type: 'installed', shard: replica.shard, epoch, last: end }
  return [installed, { write, reply }]
}

/** The chosen log is most often the one already here: then only the numbers change. */
function sameLog(a: readonly Entry[], b: readonly Entry[]): boolean {
  return a.length === b.length && a.every((entry, at) => entry === b[at])
}

/** SL5: takes what follows, from the leader whose install this copy took. */
function append(
  replica: Replica,
  message: Extract<ShardMessage, { type: 'append' }>,
): readonly [Replica, ReplicaEffect | undefined] {
  const { epoch, entries } = message
  if (epoch !== replica.promised || epoch !== replica.normal) return [replica, undefined]
  const last = lastIndex(replica)
  const first = entries[0]?.index ?? last + 1
  if (first > last + 1) return [replica, undefined] // A gap: the leader sends again from further back.
  const fresh = entries.slice(last + 1 - first) // One epoch has one leader: what we have is equal.
  const reached = last + fresh.length
  const reply: ShardMessage = { type: 'appended', shard: replica.shard, epoch, last: reached }
  const extended = { ...replica, tail: replica.tail.concat(fresh) }
  return [extended, { write: { type: 'entries', entries: fresh }, reply }]
}

function confirm(
  replica: Replica,
  message: Extract<ShardMessage, { type: 'confirm' }>,
): readonly [Replica, ReplicaEffect | undefined] {
  const { epoch, round } = message
  if (epoch !== replica.promised) return [replica, undefined]
  const reply: ShardMessage = { type: 'confirmed', shard: replica.shard, epoch, round }
  return [replica, { write: undefined, reply }]
}

function refuse(replica: Replica, epoch: number): ReplicaEffect {
  const { shard, promised } = replica
  return { write: undefined, reply: { type: 'refused', shard, epoch, promised } }
}

/** The copy once its rows on disk hold everything up to `applied`, and the log before it is dropped. */
export function truncated(replica: Replica, applied: number): Replica {
  assert(applied >= replica.applied, 'rows never go back')
  assert(applied <= lastIndex(replica), 'rows hold only what the log held')
  const dropped = applied - replica.base.index
  const hash = replica.tail[dropped - 1]?.hash ?? replica.base.hash
  return { ...replica, applied, base: { index: applied, hash }, tail: replica.tail.slice(dropped) }
}
