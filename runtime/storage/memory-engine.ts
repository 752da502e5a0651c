import { RuntimeError } from '../errors.ts'
import type { Clock } from '../scheduling/clock.ts'
import type { Engine, EngineSnapshot } from './engine.ts'
import type { Done, KeyRange, Op, Visit } from './store.ts'

/** What a simulated disk does next. */
export interface DiskFaults {
  /** How long the next batch takes. Unit: ms. */
  delayMs(): number
  /** How long the next scan takes, which sees what is there when it begins. Unit: ms. */
  scanMs(): number
  /**
   * The fate of the next batch: `fail` leaves it to `kept` whether it is there after reopening;
   * after `full` it is not.
   */
  fate(): 'ok' | 'fail' | 'full'
  /** Of `count` batches that were asked for and not acknowledged at a crash: how many are there after. */
  kept(count: number): number
}

export const FAULTLESS: DiskFaults = {
  delayMs: () => 0.2,
  scanMs: () => 0,
  fate: () => 'ok',
  kept: () => 0,
}

/**
 * The simulated form of a database: what is durable, and what was only asked for. A crash keeps
 * the first, and of the second as many whole batches, in order, as the faults say.
 */
export class MemoryEngine implements Engine {
  readonly #clock: Clock
  readonly #faults: DiskFaults
  #durable = new Map<string, Uint8Array>()
  /** Sorted keys of `#durable`; rebuilt when asked for after a change of keys. */
  #keys: readonly string[] | undefined
  #pending: (readonly Op[])[] = []
  #opening = 0
  #failed = false
  #failing = false

  constructor(clock: Clock, faults: DiskFaults = FAULTLESS) {
    this.#clock = clock
    this.#faults = faults
  }

  write(ops: readonly Op[], done: Done): void {
    const opening = this.#opening
    this.#pending.push(ops)
    const fate = this.#failing ? 'fail' : this.#faults.fate()
    this.#clock.after(this.#faults.delayMs(), () => {
      if (opening !== this.#opening) return // The program that asked has crashed.
      if (fate === 'full' && !this.#failed) {
        this.#pending = this.#pending.filter((each) => each !== ops)
        return done(new RuntimeError('STORE_FULL', 'Cannot write the store: no space left'))
      }
      this.#failed ||= fate === 'fail'
      if (this.#failed)
        return done(new RuntimeError('STORE_FAILED', 'Cannot write the store: input/output error'))
      this.#pending.shift()
      this.#apply(ops)
      done()
    })
  }

  get(key: string): Uint8Array | undefined {
    return this.#durable.get(key)
  }

  scan(range: KeyRange, visit: Visit, done: Done): void {
    const opening = this.#opening
    const entries = this.#entries(range)
    this.#clock.after(this.#faults.scanMs(), () => {
      if (opening !== this.#opening) return
      for (const [key, value] of entries) if (visit(key, value) === false) break
      done()
    })
  }

  snapshot(): EngineSnapshot {
    const then = new MemoryEngine(this.#clock)
    then.restore(this.#durable)
    return {
      scan: (range, visit, done) => then.scan(range, visit, done),
      release: (done) => this.#clock.defer(done),
    }
  }

  close(done: () => void): void {
    this.#clock.defer(done)
  }

  /** The program is gone: nothing that was asked for is answered any more. */
  crash(): void {
    const count = this.#faults.kept(this.#pending.length)
    for (const ops of this.#pending.slice(0, count)) this.#apply(ops)
    this.#pending = []
    this.#opening += 1
    this.#failed = false
    this.#failing = false
  }

  /** The next batch fails, and all after it until the database is opened again. */
  failNext(): void {
    this.#failing = true
  }

  /** A copy of what is durable, to be put back later: an old disk. */
  image(): ReadonlyMap<string, Uint8Array> {
    return new Map(this.#durable)
  }

  restore(image: ReadonlyMap<string, Uint8Array>): void {
    this.#durable = new Map(image)
    this.#keys = undefined
  }

  /** Flips one bit of what is stored under `key`, in the byte `at`: by default the last. */
  rot(key: string, at?: number): void {
    const value = this.#durable.get(key)
    if (!value || value.length === 0) return
    const rotten = Uint8Array.from(value)
    const place = at ?? rotten.length - 1
    rotten[place] = (rotten[place] ?? 0) ^ 1
    this.#durable.set(key, rotten)
  }

  #apply(ops: readonly Op[]): void {
    for (const op of ops) {
      if (op.type === 'delete') {
        if (this.#durable.delete(op.key)) this.#keys = undefined
        continue
      }
      if (!this.#durable.has(op.key)) this.#keys = undefined
      this.#durable.set(op.key, op.value)
    }
  }

  #entries({
    gte,
    lt,
    reverse = false,
    limit = Infinity,
  }: KeyRange): (readonly [string, Uint8Array])[] {
    this.#keys ??= [...this.#durable.keys()].sort(byBytes)
    const keys = this.#keys.slice(lowest(this.#keys, gte), lowest(this.#keys, lt))
    if (reverse) keys.reverse()
    const entries: (readonly [string, Uint8Array])[] = []
    for (const key of keys) {
      if (entries.length >= limit) break
      const value = this.#durable.get(key)
      if (value) entries.push([key, value])
    }
    return entries
  }
}

const SURROGATE = /[\ud800-\udfff]/

/** In order of their UTF-8 bytes: that of their UTF-16 units, but for characters beyond the first 65,536. */
function byBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : a > b ? 1 : 0
}

/** Index of the first key at or after `key`. */
function lowest(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (byBytes(keys[middle] ?? '', key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
