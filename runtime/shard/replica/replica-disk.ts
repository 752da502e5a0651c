import type { RuntimeError } from '../../errors.ts'
import type { Op, Store } from '../../storage/store.ts'
import { GENESIS_HASH, type Chain } from '../entry.ts'
import { LogDisk } from './log-disk.ts'
import { type Proof, Proofs } from './proofs.ts'
import type { ShardMessage } from '../messages.ts'
import {
  emptyReplica,
  step,
  truncated,
  type Replica,
  type ReplicaMessage,
  type ReplicaWrite,
} from './replica.ts'

export interface ReplicaDiskOptions {
  readonly shard: number
  readonly hot: Store
  readonly chain: Chain
}

const GENESIS = { index: 0, hash: GENESIS_HASH }

/** Drives one copy: performs what its steps ask of the disk, and answers only after. */
export class ReplicaDisk {
  readonly shard: number
  readonly #options: ReplicaDiskOptions
  readonly #log: LogDisk
  readonly #proofs: Proofs
  #replica: Replica

  constructor(options: ReplicaDiskOptions) {
    this.#options = options
    this.shard = options.shard
    this.#log = new LogDisk(options.shard)
    this.#proofs = new Proofs(options.shard, options.hot)
    this.#replica = emptyReplica(options.shard, GENESIS)
  }

  get replica(): Replica {
    return this.#replica
  }

  load(done: (error?: RuntimeError) => void): void {
    const { hot, chain } = this.#options
    this.#log.load(hot, chain, GENESIS, (loaded) => {
      if (loaded instanceof Error) return done(loaded)
      this.#replica = loaded
      done()
    })
  }

  hear(message: ReplicaMessage, answer: (reply: ShardMessage) => void): void {
    const [next, effect] = step(this.#replica, message)
    this.#replica = next
    if (!effect) return
    if (!effect.write) return answer(effect.reply)
    this.#options.hot.write(this.#ops(effect.write), (error) => {
      if (!error) answer(effect.reply) // A store that failed answers nothing: the node ends.
    })
  }

  #ops(write: ReplicaWrite): readonly Op[] {
    switch (write.type) {
      case 'meta':
        return [this.#log.meta(this.#replica)]
      case 'entries':
        return this.#log.appended(write.entries)
      case 'log':
        return [...this.#log.replaced(write.entries), this.#log.meta(this.#replica)]
    }
  }

  /** What is known of an entry, in the log or dropped; `undefined` if that is nothing. */
  prove(index: number, found: (proof: Proof | undefined | RuntimeError) => void): void {
    const { base, tail } = this.#replica
    if (index <= base.index) return this.#proofs.find(index, found)
    found(tail[index - base.index - 1])
  }

  /** What goes with rows that hold everything up to `applied`: the log before it is dropped. */
  truncate(applied: number): readonly Op[] {
    const { base, tail } = this.#replica
    const dropped = tail.slice(0, applied - base.index)
    this.#replica = truncated(this.#replica, applied)
    this.#proofs.maybeTrim(applied, dropped.length)
    const proofs = this.#proofs.of(dropped)
    return [...proofs, ...this.#log.truncated(applied), this.#log.meta(this.#replica)]
  }
}
