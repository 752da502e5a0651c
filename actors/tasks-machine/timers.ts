import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import { Heap } from '../../runtime/scheduling/heap.ts'
import type { Shard } from '../../runtime/shard/machine.ts'
import type { Command } from '../task/command.ts'
import { ENDED, type Task } from '../task/task.ts'

/** Timers fired in one turn; the rest follows in the next. */
const DUE_BATCH = 1_000
/** Stale timers that may wait beside those of live tasks before they are swept out. */
const STALE_MAX = 10_000
/** The longest a timer sleeps before it looks again: the machine may sleep meanwhile. Unit: ms. */
const LOOK_AGAIN_MS = 30_000
/** How soon what could not fire is tried again: in doubt of the clock, or behind a full tail. Unit: ms. */
const HELD_MS = 500

export interface TimersOptions {
  readonly clock: Clock
  readonly shard: Shard<Command>
  task(id: string): Task | undefined
  /** The attempt of this task has run for as long as it may. */
  overran(task: Task): void
}

/** When the row of this version must be looked at, by the wall clock. */
interface Due {
  readonly id: string
  readonly version: number
  readonly dueMs: number
}

/** When an attempt has run for as long as it may, by the monotonic clock. */
interface Limit {
  readonly id: string
  readonly attempt: number
  readonly atMs: number
}

/**
 * The timers of one shard's tasks. They stand in the rows; the leader that is active puts them in
 * order here and arms them, so another one finds them all.
 *
 * A moment is one of the wall clock. It fires as a command, checked against the version of its row,
 * in order, and not while the clock is doubted. A limit is a span: what is left of it is worked out
 * from the stamp of its start, once, and counted by the monotonic clock from then on.
 */
export class Timers {
  readonly #options: TimersOptions
  readonly #due = new Heap<Due>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.id < b.id))
  readonly #limits = new Heap<Limit>((a, b) => a.atMs < b.atMs)
  /** Attempts beyond their limit that have not ended yet. */
  readonly #overrun = new Map<string, number>()
  #liveCount = 0
  #timer: Timer | undefined
  #armedDueMs = Infinity
  #armedLimitMs = Infinity
  #stopped = false

  constructor(options: TimersOptions) {
    this.#options = options
  }

  /** To be told of every change, in order; `arm` follows. */
  changed(before: Task | undefined, after: Task | undefined): void {
    this.#liveCount += lives(after) - lives(before)
    if (after?.dueMs !== undefined)
      this.#due.add({ id: after.id, version: after.version, dueMs: after.dueMs })
    if (before?.state === 'executing' && after?.state !== 'executing')
      this.#overrun.delete(before.id)
    if (after?.state === 'executing' && before?.state !== 'executing') this.#limit(after)
    this.#maybeSweep()
  }

  /** clamp(limit − (now − start), 0, limit): a clock that was set cannot make it longer. */
  #limit(task: Task): void {
    const { clock, shard } = this.#options
    const { id, attempt, spec, totalDueMs, attempts } = task
    const startedMs = attempts.at(-1)?.startedMs ?? task.updatedMs
    const limitMs = Math.max(0, Math.min(spec.timeouts.startToCloseMs, totalDueMs - startedMs))
    const ranMs = (shard.wallMs() ?? startedMs) - startedMs
    const restMs = Math.min(limitMs, Math.max(0, limitMs - ranMs))
    this.#limits.add({ id, attempt, atMs: clock.monotonicMs() + restMs })
  }

  #maybeSweep(): void {
    const { task } = this.#options
    const most = 2 * this.#liveCount + STALE_MAX
    if (this.#due.size > most) this.#due.keep(({ id, version }) => task(id)?.version === version)
    if (this.#limits.size > most) this.#limits.keep((limit) => this.#runs(limit) !== undefined)
  }

  #runs({ id, attempt }: Limit): Task | undefined {
    const task = this.#options.task(id)
    return task?.state === 'executing' && task.attempt === attempt ? task : undefined
  }

  /** The attempt should have ended by itself: its node is told again until it has. */
  overran({ id, attempt }: Task): boolean {
    return this.#overrun.get(id) === attempt
  }

  /** Only for what is earlier than the timer that is set: called after every decision. */
  arm(): void {
    const dueMs = this.#due.first?.dueMs ?? Infinity
    const limitMs = this.#limits.first?.atMs ?? Infinity
    if (dueMs >= this.#armedDueMs && limitMs >= this.#armedLimitMs) return
    const { clock, shard } = this.#options
    const wallMs = shard.wallMs()
    const untilDueMs = wallMs === undefined ? HELD_MS : dueMs - wallMs
    this.#set(Math.min(untilDueMs, limitMs - clock.monotonicMs()))
    this.#armedDueMs = dueMs
    this.#armedLimitMs = limitMs
  }

  #set(delayMs: number): void {
    this.#timer?.cancel()
    if (this.#stopped) return
    const withinMs = Math.min(LOOK_AGAIN_MS, Math.max(0, delayMs))
    this.#timer = this.#options.clock.after(withinMs, () => this.#fire())
  }

  #fire(): void {
    const { clock, shard } = this.#options
    this.#endOverrun(clock.monotonicMs())
    const wallMs = shard.wallMs()
    const held = wallMs === undefined || !this.#fireDue(wallMs)
    this.#armedDueMs = Infinity
    this.#armedLimitMs = Infinity
    if (held) this.#set(HELD_MS)
    else this.arm()
  }

  #endOverrun(nowMs: number): void {
    for (let next = this.#limits.first; next && next.atMs <= nowMs; next = this.#limits.first) {
      this.#limits.take()
      const task = this.#runs(next)
      if (!task) continue
      this.#overrun.set(task.id, task.attempt)
      this.#options.overran(task)
    }
  }

  /** False if the shard takes no more at present. */
  #fireDue(nowMs: number): boolean {
    for (let count = 0; count < DUE_BATCH; count++) {
      const next = this.#due.first
      if (!next || next.dueMs > nowMs) return true
      this.#due.take()
      const { id, version } = next
      if (this.#options.task(id)?.version !== version) continue
      if (this.#options.shard.propose({ type: 'due', task: id, version })) continue
      this.#due.add(next)
      return false
    }
    return true
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }
}

function lives(task: Task | undefined): 0 | 1 {
  return task && !ENDED.has(task.state) ? 1 : 0
}
