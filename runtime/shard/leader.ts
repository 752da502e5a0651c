import { majority, type ShardRow } from '../authority/topology.ts'
import { assert } from '../errors.ts'
import type { StoreId } from '../storage/store-id.ts'
import type { Entry } from './entry.ts'
import type { Outgoing, ShardMessage } from './messages.ts'

/**
 * What one leader does in its one epoch: seal the last active set, install the chosen log, have the
 * row made active, then append (SL1–SL6). It never comes back: another epoch is another leader.
 *
 * Pure. A message that is late, doubled or of another epoch changes nothing.
 */
export interface Leader {
  readonly shard: number
  readonly epoch: number
  readonly self: StoreId
  readonly row: ShardRow
  readonly phase: 'sealing' | 'installing' | 'activating' | 'active' | 'ended'
  /** Who answered the seal, and how far their copies go. */
  readonly sealed: ReadonlyMap<StoreId, Sealed>
  /** The last index that each replica has on disk. */
  readonly reached: ReadonlyMap<StoreId, number>
  readonly commit: number
  /** Of the newest confirmation asked for, and who answered it. */
  readonly round: number
  readonly confirmedBy: ReadonlySet<StoreId>
  readonly confirmedRound: number
}

type Sealed = { readonly normal: number; readonly last: number }

export type LeaderInput =
  | { readonly type: 'started' }
  | { readonly type: 'message'; readonly from: StoreId; readonly message: ShardMessage }
  /** The authority's newest row for the shard. */
  | { readonly type: 'row'; readonly row: ShardRow }
  | { readonly type: 'appending'; readonly entries: readonly Entry[] }
  | { readonly type: 'confirming' }
  /** The floor above cannot go on: a bug, and the shard stops rather than guess. */
  | { readonly type: 'broken' }
  /** This store should not lead at present; whoever does takes a new epoch. */
  | { readonly type: 'resigned' }

export type LeaderEffect =
  | { readonly type: 'send'; readonly outgoing: Outgoing }
  /** The copy at this store is the chosen one: install it at all replicas. */
  | { readonly type: 'install' }
  /** A quorum has the log: make the row active, guarded by its epoch. */
  | { readonly type: 'activate' }
  | { readonly type: 'active' }
  | { readonly type: 'committed'; readonly index: number }
  | { readonly type: 'confirmed'; readonly round: number }
  | { readonly type: 'ended' }

type Step = readonly [Leader, readonly LeaderEffect[]]

export function newLeader(shard: number, self: StoreId, row: ShardRow): Leader {
  assert(row.leader === self, 'only the store that the row names leads')
  return {
    shard,
    epoch: row.epoch,
    self,
    row,
    phase: 'sealing',
    sealed: new Map(),
    reached: new Map(),
    commit: 0,
    round: 0,
    confirmedBy: new Set(),
    confirmedRound: 0,
  }
}

export function step(leader: Leader, input: LeaderInput): Step {
  if (leader.phase === 'ended') return [leader, []]
  switch (input.type) {
    case 'started':
      return [leader, toAll(leader, leader.row.previous, { type: 'seal' })]
    case 'row':
      return learn(leader, input.row)
    case 'appending':
      return append(leader, input.entries)
    case 'confirming':
      return ask(leader)
    case 'broken':
    case 'resigned':
      return end(leader)
    case 'message':
      return hear(leader, input.from, input.message)
  }
}

function hear(leader: Leader, from: StoreId, message: ShardMessage): Step {
  if (message.epoch !== leader.epoch) return [leader, []]
  switch (message.type) {
    case 'sealed':
      return collect(leader, from, message)
    case 'installed':
      return installed(leader, from, message.last)
    case 'appended':
      return appended(leader, from, message.last)
    case 'confirmed':
      return confirmed(leader, from, message.round)
    case 'refused':
      return end(leader)
    default:
      return [leader, []]
  }
}

/** SL2: a majority of the last active set decides which copy is the log. */
function collect(leader: Leader, from: StoreId, answer: Sealed): Step {
  if (leader.phase !== 'sealing' || !leader.row.previous.includes(from)) return [leader, []]
  const sealed = new Map(leader.sealed).set(from, answer)
  const next = { ...leader, sealed }
  if (sealed.size < majority(leader.row.previous.length)) return [next, []]
  assert(longest(sealed) === leader.self, 'the chosen copy is at the leader')
  return [{ ...next, phase: 'installing' }, [{ type: 'install' }]]
}

function longest(sealed: ReadonlyMap<StoreId, Sealed>): StoreId | undefined {
  let best: (Sealed & { readonly store: StoreId }) | undefined
  for (const [store, { normal, last }] of sealed) {
    const beyond = !best || normal > best.normal || (normal === best.normal && last > best.last)
    if (beyond) best = { store, normal, last }
  }
  return best?.store
}

function installed(leader: Leader, from: StoreId, last: number): Step {
  if (!leader.row.replicas.includes(from)) return [leader, []]
  const reached = new Map(leader.reached).set(from, last)
  const next = { ...leader, reached }
  if (leader.phase !== 'installing') return [next, []]
  if (reached.size < majority(leader.row.replicas.length)) return [next, []]
  return [{ ...next, phase: 'activating' }, [{ type: 'activate' }]]
}

/** SL4 and SL6: active only once the authority says so; any newer epoch ends this one. */
function learn(leader: Leader, row: ShardRow): Step {
  if (row.epoch !== leader.epoch || row.leaderBoot !== leader.row.leaderBoot) return end(leader)
  if (row.status !== 'active' || leader.phase !== 'activating') return [{ ...leader, row }, []]
  return [{ ...leader, row, phase: 'active' }, [{ type: 'active' }]]
}

function append(leader: Leader, entries: readonly Entry[]): Step {
  assert(leader.phase === 'active', 'only an active leader appends')
  const { commit } = leader
  return [leader, toAll(leader, leader.row.replicas, { type: 'append', entries, commit })]
}

/** SL5: committed is what a majority of the replicas has on disk. */
function appended(leader: Leader, from: StoreId, last: number): Step {
  if (leader.phase !== 'active' || !leader.row.replicas.includes(from)) return [leader, []]
  if (last <= (leader.reached.get(from) ?? 0)) return [leader, []]
  const reached = new Map(leader.reached).set(from, last)
  const commit = quorumIndex(reached, leader.row.replicas)
  const next = { ...leader, reached, commit }
  return [next, commit > leader.commit ? [{ type: 'committed', index: commit }] : []]
}

function quorumIndex(reached: ReadonlyMap<StoreId, number>, replicas: readonly StoreId[]): number {
  const indexes = replicas.map((store) => reached.get(store) ?? 0).sort((a, b) => b - a)
  return indexes[majority(replicas.length) - 1] ?? 0
}

/** A new round; answers to the round before serve nobody who asked after it was sent. */
function ask(leader: Leader): Step {
  const round = leader.round + 1
  const next = { ...leader, round, confirmedBy: new Set<StoreId>() }
  return [next, toAll(leader, leader.row.replicas, { type: 'confirm', round })]
}

function confirmed(leader: Leader, from: StoreId, round: number): Step {
  if (round !== leader.round || round === leader.confirmedRound) return [leader, []]
  const confirmedBy = new Set(leader.confirmedBy).add(from)
  const next = { ...leader, confirmedBy }
  const answers = leader.row.replicas.filter((store) => confirmedBy.has(store)).length
  if (answers < majority(leader.row.replicas.length)) return [next, []]
  return [{ ...next, confirmedRound: round }, [{ type: 'confirmed', round }]]
}

function end(leader: Leader): Step {
  return [{ ...leader, phase: 'ended' }, [{ type: 'ended' }]]
}

type Unaddressed = ShardMessage extends infer M
  ? M extends ShardMessage
    ? Omit<M, 'shard' | 'epoch'>
    : never
  : never

function toAll(leader: Leader, stores: readonly StoreId[], body: Unaddressed): LeaderEffect[] {
  const message = { ...body, shard: leader.shard, epoch: leader.epoch } as ShardMessage
  return stores.map((to) => ({ type: 'send', outgoing: { to, message } }))
}
