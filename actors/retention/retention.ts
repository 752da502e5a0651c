import type { ClockGuard } from '../../runtime/scheduling/clock-guard.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import { listingRange, liveRange, readListingKey } from '../../runtime/shard/keys.ts'
import type { Shards } from '../../runtime/shard/machine.ts'
import { decodeValue } from '../../runtime/storage/format.ts'
import type { Store } from '../../runtime/storage/store.ts'
import { momentBefore } from './moment-before.ts'
import type { Command } from '../task/command.ts'
import { KEY_KIND, type KeyRow } from '../task/kinds.ts'
import type { LedTasks } from '../tasks-machine/led-tasks.ts'
import type { Terminals } from '../terminals.ts'

export interface RetentionLimits {
  /** Ended tasks are kept for so long. Unit: days. Default 90. */
  readonly historyDays: number
  /** The newest of them that are kept, over all shards that a node leads. Default 10 M. */
  readonly historyTasksMax: number
  /** Idempotency keys are kept as long as their tasks, and at least so long. Unit: days. Default 7. */
  readonly keyDays: number
}

export interface RetentionOptions {
  readonly clock: Clock
  readonly clockGuard: Pick<ClockGuard, 'wallMs' | 'jump'>
  readonly hot: Store
  readonly cold: Store
  readonly shards: Shards<Command>
  readonly terminals: Pick<Terminals, 'discard'>
  readonly limits: RetentionLimits
  led(): ReadonlyMap<number, LedTasks>
}

const DAY_MS = 86_400_000
/** Between looks at history. Unit: ms. */
const HISTORY_EVERY_MS = 60_000
/** From the start to the first look at all keys, and between looks. Unit: ms. */
const KEYS_FIRST_MS = 600_000
const KEYS_EVERY_MS = DAY_MS
/** What is looked at and forgotten at once, and the pause after it, in which others are served. Unit of the second: ms. */
const BATCH = 500
const PAUSE_MS = 100
const COMMAND_MS = 5_000

/** Looks through a part of one shard. */
type Walk = (shard: number, next: () => void) => void

/**
 * Forgets what is old: ended tasks with their output, then the keys under which they were submitted.
 * Each batch is an entry of its shard's log, so every copy forgets the same.
 */
export class Retention {
  readonly #options: RetentionOptions

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  start(): void {
    const history: Walk = (shard, next) => this.#history(shard, next)
    const keys: Walk = (shard, next) => this.#keys(shard, next)
    this.#walkAfter(HISTORY_EVERY_MS, HISTORY_EVERY_MS, history)
    this.#walkAfter(KEYS_FIRST_MS, KEYS_EVERY_MS, keys)
  }

  /** Through all shards that are led, one after the other, again and again. */
  #walkAfter(delayMs: number, everyMs: number, walk: Walk): void {
    const { clock, clockGuard, led } = this.#options
    clock.after(delayMs, () => {
      const shards = [...led().keys()]
      const next = (): void => {
        const shard = shards.shift()
        if (shard !== undefined && clockGuard.wallMs() !== undefined) walk(shard, next)
        else this.#walkAfter(everyMs, everyMs, walk)
      }
      next()
    })
  }

  /** The oldest first: those that are too old, and those that are too many. */
  #history(shard: number, next: () => void, beyond?: string): void {
    const { cold, clock, limits } = this.#options
    const beforeMs = momentBefore(this.#options, limits.historyDays * DAY_MS)
    const surplus = this.#surplus(shard)
    const ids: string[] = []
    let last = beyond
    const range = { ...listingRange(shard), reverse: true, limit: BATCH }
    const visit = (key: string): boolean => {
      const { atMs, id } = readListingKey(key)
      if (atMs >= beforeMs && ids.length >= surplus) return false
      ids.push(id)
      last = key
      return true
    }
    cold.scan(beyond === undefined ? range : { ...range, lt: beyond }, visit, (error) => {
      if (error || ids.length === 0) return next()
      this.#forget(shard, ids, (forgotten) => {
        if (!forgotten || ids.length < BATCH) return next()
        clock.after(PAUSE_MS, () => this.#history(shard, next, last))
      })
    })
  }

  /** Of what is too much in all shards, the part of this one. */
  #surplus(shard: number): number {
    const { led, limits } = this.#options
    const counts = [...led().values()].map(countOf)
    const total = counts.reduce((sum, count) => sum + count, 0)
    const own = countOf(led().get(shard))
    return Math.ceil((Math.max(0, total - limits.historyTasksMax) * own) / Math.max(1, total))
  }

  /** Their output first: a crash between leaves a task without output, never output without a task. */
  #forget(shard: number, tasks: readonly string[], done: (forgotten: boolean) => void): void {
    this.#options.terminals.discard(tasks, (error) => {
      if (error) done(false)
      else this.#command(shard, { type: 'forget', tasks }, done)
    })
  }

  /** In their order; whether their tasks are still there is for the shard to say. */
  #keys(shard: number, next: () => void, from?: string): void {
    const { hot, clock, limits } = this.#options
    const beforeMs = momentBefore(this.#options, limits.keyDays * DAY_MS)
    const range = liveRange(shard, KEY_KIND.kind)
    const old: string[] = []
    let seen = 0
    let last = ''
    const visit = (key: string, value: Uint8Array): void => {
      const { atMs } = decodeValue(KEY_KIND, value) as KeyRow
      if (atMs < beforeMs) old.push(key.slice(range.gte.length))
      seen += 1
      last = key
    }
    hot.scan({ ...range, gte: from ?? range.gte, limit: BATCH }, visit, (error) => {
      if (error || seen === 0) return next()
      const more = (): void => {
        if (seen < BATCH) next()
        else clock.after(PAUSE_MS, () => this.#keys(shard, next, `${last}\0`))
      }
      if (old.length === 0) more()
      else this.#command(shard, { type: 'forgetKeys', keys: old, beforeMs }, more)
    })
  }

  #command(shard: number, command: Command, done: (decided: boolean) => void): void {
    const { clock, shards } = this.#options
    shards.command(shard, command, clock.monotonicMs() + COMMAND_MS, (result) =>
      done(!(result instanceof Error)),
    )
  }
}

/** Tasks of a shard that have ended. */
function countOf(tasks: LedTasks | undefined): number {
  return Object.values(tasks?.tally() ?? {}).reduce((sum, count) => sum + count, 0)
}
