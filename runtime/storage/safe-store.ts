import { RuntimeError } from '../errors.ts'
import type { Clock, Timer } from '../scheduling/clock.ts'
import { pack, unpack } from './codec.ts'
import type { Engine, EngineSnapshot } from './engine.ts'
import { framed, unframed } from './frame.ts'
import type { HighWater } from './high-water.ts'
import { findHoles, lost, MARKERS, markerKey, SEQUENCE_KEY } from './markers.ts'
import { Latencies, type StoreMetrics } from './store-metrics.ts'
import type { Done, KeyRange, Op, Store, Visit } from './store.ts'

/** One commit group takes at most so much. What is beyond waits for the next. */
export const GROUP_OPS_MAX = 16_384
/** How long after a commit its mark is synced, so that a loss of power cannot take it back. Unit: ms. */
export const WATER_DELAY_MS = 1_000
/** What takes longer is slow, and counted. Unit: ms. */
export const SLOW_MS = 100

export interface SafeStoreOptions {
  readonly engine: Engine
  readonly highWater: HighWater
  readonly clock: Clock
  /** For messages: `hot` or `cold`. */
  readonly name: string
  /** Called once, when a write failed: the outcome of what was in flight is unknown. */
  failed(error: RuntimeError): void
}

type Asked = { readonly ops: readonly Op[]; readonly done: Done | undefined }

/**
 * Everything LevelDB leaves to its user: a checksum on every value, one fsync for all who write at
 * the same time, numbered batches, and the mark outside that tells a lost tail from a short one.
 */
export class SafeStore implements Store {
  readonly #options: SafeStoreOptions
  readonly #writes = new Latencies(SLOW_MS)
  readonly #reads = new Latencies(SLOW_MS)
  #sequence = 0
  #openedAt = 0
  readonly #waiting: Asked[] = []
  #writing = false
  /** Why nothing is written any more. */
  #failure: RuntimeError | undefined
  #syncing = false
  #syncTimer: Timer | undefined
  #afterSync: (() => void) | undefined
  #opCount = 0
  #byteCount = 0

  constructor(options: SafeStoreOptions) {
    this.#options = options
  }

  /**
   * Reads how far the database reaches, and looks for gaps.
   *
   * A database below its high-water mark has lost its tail; a missing marker is a hole in its
   * write-ahead log: both are `STORE_CORRUPT`, with the ranges of batches that are lost.
   */
  open(done: Done): void {
    const { highWater, name } = this.#options
    const water = highWater.read()
    try {
      const number = this.get(SEQUENCE_KEY)
      this.#sequence = number ? Number(unpack(number)) : 0
    } catch (error) {
      if (error instanceof RuntimeError) return done(error)
      throw error
    }
    const from = Math.max((water?.openedAt ?? 0) + 1, this.#sequence - MARKERS + 1)
    findHoles(this, { from, to: this.#sequence }, (holes, error) => {
      if (error) return done(error)
      if (water && this.#sequence < water.sequence) {
        holes.push({ from: this.#sequence + 1, to: water.sequence })
      }
      if (holes.length > 0) return done(lost(name, holes))
      this.#openedAt = this.#sequence
      const unnoted = this.#note(this.#sequence)
      if (unnoted) done(unnoted)
      else highWater.sync(done)
    })
  }

  write(ops: readonly Op[], done?: Done): void {
    const failure = this.#failure
    if (failure) return this.#options.clock.defer(() => done?.(failure))
    this.#waiting.push({ ops, done })
    if (this.#writing) return
    this.#writing = true
    this.#commit()
  }

  /** One batch, one fsync, for everybody who asked until now. */
  #commit(): void {
    const group = this.#take()
    const sequence = this.#sequence + 1
    const startedMs = this.#options.clock.monotonicMs()
    this.#options.engine.write(this.#frame(group, sequence), (error) => {
      const failure = error ?? this.#note(sequence)
      if (failure) return this.#fail(failure, group)
      this.#writes.add(this.#options.clock.monotonicMs() - startedMs)
      this.#sequence = sequence
      for (const { done } of group) done?.()
      this.#syncSoon()
      this.#writing = this.#waiting.length > 0
      if (this.#writing) this.#commit()
    })
  }

  #take(): readonly Asked[] {
    let opCount = 0
    let count = 0
    for (const { ops } of this.#waiting) {
      if (count > 0 && opCount + ops.length > GROUP_OPS_MAX) break
      opCount += ops.length
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  #frame(group: readonly Asked[], sequence: number): readonly Op[] {
    const wallMs = this.#options.clock.wallMs()
    const framedOps: Op[] = []
    for (const { ops } of group) for (const op of ops) framedOps.push(this.#framed(op, wallMs))
    const number = pack(sequence)
    framedOps.push(this.#framed({ type: 'put', key: SEQUENCE_KEY, value: number }, wallMs))
    framedOps.push(this.#framed({ type: 'put', key: markerKey(sequence), value: number }, wallMs))
    return framedOps
  }

  #framed(op: Op, wallMs: number): Op {
    this.#opCount += 1
    if (op.type === 'delete') return op
    this.#byteCount += op.value.length
    return { type: 'put', key: op.key, value: framed(op.key, op.value, wallMs) }
  }

  #fail(error: RuntimeError, group: readonly Asked[]): void {
    if (this.#failure) return
    const code = error.code === 'STORE_FULL' ? 'STORE_FULL' : 'STORE_FAILED'
    const failure = new RuntimeError(code, error.message, { cause: error })
    this.#failure = failure
    this.#syncTimer?.cancel()
    for (const { done } of group) done?.(failure)
    for (const { done } of this.#waiting.splice(0)) done?.(failure)
    this.#options.failed(failure)
  }

  #note(sequence: number): RuntimeError | undefined {
    return this.#options.highWater.note({ sequence, openedAt: this.#openedAt })
  }

  /** Now and then, without holding up anybody. */
  #syncSoon(): void {
    if (this.#failure) return
    this.#syncTimer ??= this.#options.clock.after(WATER_DELAY_MS, () => {
      this.#syncTimer = undefined
      this.#syncing = true
      this.#options.highWater.sync((error) => {
        this.#syncing = false
        if (error) this.#fail(error, [])
        this.#afterSync?.()
      })
    })
  }

  get(key: string): Uint8Array | undefined {
    const { engine, clock } = this.#options
    const startedMs = clock.monotonicMs()
    const frame = engine.get(key)
    this.#reads.add(clock.monotonicMs() - startedMs)
    return frame && unframed(key, frame)
  }

  scan(range: KeyRange, visit: Visit, done: Done): void {
    this.#checked(this.#options.engine)(range, visit, done)
  }

  /** The store as it is now. `release` it, or nothing that is deleted frees any room. */
  snapshot(): EngineSnapshot {
    const snapshot = this.#options.engine.snapshot()
    return {
      scan: this.#checked(snapshot),
      release: (done) => snapshot.release(done),
    }
  }

  /** A scan that ends at the first value that is not what was written. */
  #checked(source: Pick<Engine, 'scan'>): Engine['scan'] {
    const { clock } = this.#options
    return (range, visit, done) => {
      const startedMs = clock.monotonicMs()
      let count = 0
      let rotten: RuntimeError | undefined
      const checked: Visit = (key, frame) => {
        if (count++ === 0) this.#reads.add(clock.monotonicMs() - startedMs)
        try {
          return visit(key, unframed(key, frame))
        } catch (error) {
          if (!(error instanceof RuntimeError)) throw error
          rotten = error
          return false
        }
      }
      source.scan(range, checked, (error) => done(error ?? rotten))
    }
  }

  metrics(): StoreMetrics {
    const { p50Ms, p99Ms } = this.#writes.quantiles()
    return {
      groups: this.#sequence - this.#openedAt,
      ops: this.#opCount,
      bytes: this.#byteCount,
      p50Ms,
      p99Ms,
      slowWrites: this.#writes.slowCount,
      slowReads: this.#reads.slowCount,
      commits: this.#writes.all,
    }
  }

  /** After what was asked for is written: the mark is synced, and the database let go. */
  close(done: Done): void {
    this.write([], (failure) => {
      this.#syncTimer?.cancel()
      this.#failure ??= new RuntimeError('STORE_FAILED', 'Cannot write the store: it is closed')
      const end = (): void => this.#end(failure, done)
      if (this.#syncing) this.#afterSync = end
      else end()
    })
  }

  #end(failure: RuntimeError | undefined, done: Done): void {
    const { engine, highWater } = this.#options
    const letGo = (error?: RuntimeError): void =>
      engine.close(() => {
        highWater.close()
        done(error)
      })
    if (failure) letGo(failure)
    else highWater.sync(letGo)
  }
}
