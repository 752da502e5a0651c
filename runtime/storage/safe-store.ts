import { RuntimeError } from '../errors.ts'
import type { Clock } from '../scheduling/clock.ts'
import { pack, unpack } from './codec.ts'
import type { Engine } from './engine.ts'
import { framed, unframed } from './frame.ts'
import type { HighWater } from './high-water.ts'
import { CommitTimes, type StoreMetrics } from './store-metrics.ts'
import type { Done, KeyRange, Op, Store } from './store.ts'

/** One commit group takes at most so much. What is beyond waits for the next. */
export const GROUP_OPS_MAX = 16_384
/** The high-water mark follows after so many groups, or so long. */
export const WATER_GROUPS = 1_024
export const WATER_DELAY_MS = 1_000
/** Markers kept in the database: more groups than fit its write-ahead log. */
export const MARKERS = 65_536

const SEQUENCE_KEY = '~seq'

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
  readonly #times = new CommitTimes()
  #sequence = 0
  #openedAt = 0
  #waterSequence = 0
  #waterAskedMs = 0
  readonly #waiting: Asked[] = []
  #writing = false
  #failure: RuntimeError | undefined
  #opCount = 0
  #byteCount = 0

  constructor(options: SafeStoreOptions) {
    this.#options = options
  }

  /**
   * Reads how far the database reaches, and looks for gaps.
   *
   * A database below its high-water mark has lost its tail; a missing marker is a hole in its
   * write-ahead log: both are `STORE_CORRUPT`, with the range of batches that is lost.
   */
  open(done: Done): void {
    const { engine, highWater, name } = this.#options
    const water = highWater.read()
    this.#sequence = readSequence(engine)
    if (water && this.#sequence < water.sequence) {
      return done(lost(name, this.#sequence + 1, water.sequence))
    }
    const from = Math.max((water?.openedAt ?? 0) + 1, this.#sequence - MARKERS + 1)
    for (let sequence = from; sequence <= this.#sequence; sequence++) {
      if (!marked(engine, sequence)) return done(lost(name, sequence, sequence))
    }
    this.#openedAt = this.#sequence
    this.#raiseWater(done)
  }

  write(ops: readonly Op[], done?: Done): void {
    this.#waiting.push({ ops, done })
    if (this.#writing) return
    this.#writing = true
    this.#commit()
  }

  /** One batch, one fsync, for everybody who asked until now. */
  #commit(): void {
    if (this.#failure) return this.#refuse(this.#failure)
    const group = this.#take()
    const sequence = this.#sequence + 1
    const startedMs = this.#options.clock.monotonicMs()
    this.#options.engine.write(this.#frame(group, sequence), (error) => {
      if (error) return this.#fail(error, group)
      this.#sequence = sequence
      this.#times.add(this.#options.clock.monotonicMs() - startedMs)
      for (const { done } of group) done?.()
      this.#followWater()
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
    this.#failure = new RuntimeError('STORE_FAILED', error.message, { cause: error })
    for (const { done } of group) done?.(this.#failure)
    this.#refuse(this.#failure)
    this.#options.failed(this.#failure)
  }

  #refuse(failure: RuntimeError): void {
    this.#writing = false
    for (const { done } of this.#waiting.splice(0)) done?.(failure)
  }

  /** Now and then, without holding up anybody. */
  #followWater(): void {
    const behind = this.#sequence - this.#waterSequence
    const nowMs = this.#options.clock.monotonicMs()
    if (behind < WATER_GROUPS && nowMs - this.#waterAskedMs < WATER_DELAY_MS) return
    this.#raiseWater((error) => {
      if (error) this.#fail(error, [])
    })
  }

  #raiseWater(done: Done): void {
    this.#waterSequence = this.#sequence
    this.#waterAskedMs = this.#options.clock.monotonicMs()
    this.#options.highWater.write({ sequence: this.#sequence, openedAt: this.#openedAt }, done)
  }

  get(key: string): Uint8Array | undefined {
    const frame = this.#options.engine.get(key)
    return frame && unframed(key, frame)
  }

  scan(
    range: KeyRange,
    visit: (key: string, value: Uint8Array) => boolean | void,
    done: Done,
  ): void {
    let rotten: RuntimeError | undefined
    const checked = (key: string, frame: Uint8Array): boolean | void => {
      try {
        return visit(key, unframed(key, frame))
      } catch (error) {
        if (!(error instanceof RuntimeError)) throw error
        rotten = error
        return false
      }
    }
    this.#options.engine.scan(range, checked, (error) => done(error ?? rotten))
  }

  metrics(): StoreMetrics {
    const { p50Ms, p99Ms } = this.#times.quantiles()
    return {
      groups: this.#sequence - this.#openedAt,
      ops: this.#opCount,
      bytes: this.#byteCount,
      p50Ms,
      p99Ms,
    }
  }

  /** After what was asked for is written: the mark is raised to the end, and the database let go. */
  close(done: Done): void {
    this.write([], (failure) => {
      if (failure) return this.#options.engine.close(() => done(failure))
      this.#raiseWater((error) => this.#options.engine.close(() => done(error)))
    })
  }
}

function readSequence(engine: Engine): number {
  const frame = engine.get(SEQUENCE_KEY)
  return frame ? Number(unpack(unframed(SEQUENCE_KEY, frame))) : 0
}

function marked(engine: Engine, sequence: number): boolean {
  const key = markerKey(sequence)
  const frame = engine.get(key)
  return frame !== undefined && unpack(unframed(key, frame)) === sequence
}

function markerKey(sequence: number): string {
  return `~s/${(sequence % MARKERS).toString(16).padStart(4, '0')}`
}

function lost(name: string, from: number, to: number): RuntimeError {
  const message = `Cannot open the "${name}" database: batches ${from} to ${to} are lost`
  return new RuntimeError('STORE_CORRUPT', message, { details: { database: name, from, to } })
}
