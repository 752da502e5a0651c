import type { RuntimeError } from '../../errors.ts'
import { decodeValue, encodeValue } from '../../storage/format.ts'
import type { Op, Store } from '../../storage/store.ts'
import type { Entry } from '../entry.ts'
import { FORMATS } from '../formats.ts'
import { proofKey, proofRange, readProofKey } from '../keys.ts'

const HASH_BYTES = 32
/** So many of a shard's newest entries can be proved: 4 MiB of hashes. */
export const PROVED_MAX = 131_072
/** Older ones are looked for each time that so many entries were dropped, and go. */
const TRIM_ENTRIES = 4_096
const TRIMMED_MAX = 10_000

type StoredProof = {
  /** Of the entries, each with how many follow each other in it: epoch, count, epoch, count … */
  readonly epochs: readonly number[]
  /** One after the other. */
  readonly hashes: Uint8Array
}

/** What is known of one entry. */
export interface Proof {
  readonly epoch: number
  /** Its chain hash. */
  readonly hash: Uint8Array
}

/**
 * What is left of a shard's log once it is dropped: of each entry its epoch and its chain hash,
 * so that a receipt can be judged long after. They are written in the batch that drops the entries, and
 * stand in the same database: they cost no fsync, and are there whenever the entries are not.
 */
export class Proofs {
  readonly #shard: number
  readonly #hot: Store
  /** The newest, which may be on its way to the disk: the next comes only after it is there. */
  #newest: { readonly first: number; readonly stored: StoredProof } | undefined

  constructor(shard: number, hot: Store) {
    this.#shard = shard
    this.#hot = hot
  }

  /** Entries that follow each other. */
  of(dropped: readonly Entry[]): readonly Op[] {
    const [first] = dropped
    if (!first) return []
    const hashes = new Uint8Array(dropped.length * HASH_BYTES)
    const epochs: number[] = []
    for (const [at, { epoch, hash }] of dropped.entries()) {
      hashes.set(hash, at * HASH_BYTES)
      if (epochs.at(-2) === epoch) epochs.push((epochs.pop() ?? 0) + 1)
      else epochs.push(epoch, 1)
    }
    this.#newest = { first: first.index, stored: { epochs, hashes } }
    const value = encodeValue(FORMATS.proof, this.#newest.stored)
    return [{ type: 'put', key: proofKey(this.#shard, first.index), value }]
  }

  /** `undefined` for an entry that is too old, or was never dropped. */
  find(index: number, found: (proof: Proof | undefined | RuntimeError) => void): void {
    const newest = this.#newest
    if (newest && index >= newest.first) return found(proofAt(newest.stored, index - newest.first))
    const { gte } = proofRange(this.#shard)
    const range = { gte, lt: proofKey(this.#shard, index + 1), reverse: true, limit: 1 }
    let proof: Proof | undefined
    const visit = (key: string, value: Uint8Array): void => {
      proof = proofAt(decodeValue(FORMATS.proof, value) as StoredProof, index - readProofKey(key))
    }
    this.#hot.scan(range, visit, (error) => found(error ?? proof))
  }

  /** After entries up to `index` were dropped, `count` of them now: the oldest proofs go. */
  maybeTrim(index: number, count: number): void {
    if (Math.floor(index / TRIM_ENTRIES) === Math.floor((index - count) / TRIM_ENTRIES)) return
    const { gte } = proofRange(this.#shard)
    const lt = proofKey(this.#shard, Math.max(0, index - PROVED_MAX))
    const old: Op[] = []
    const visit = (key: string): void => void old.push({ type: 'delete', key })
    this.#hot.scan({ gte, lt, limit: TRIMMED_MAX }, visit, (error) => {
      if (!error && old.length > 0) this.#hot.write(old)
    })
  }
}

function proofAt({ epochs, hashes }: StoredProof, at: number): Proof | undefined {
  let from = 0
  for (let pair = 0; pair < epochs.length; pair += 2) {
    const [epoch = 0, count = 0] = epochs.slice(pair, pair + 2)
    from += count
    if (at < from) return { epoch, hash: hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES) }
  }
  return undefined
}
