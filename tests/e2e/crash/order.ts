import { effectivePriority } from '../../../actors/queue/priority.ts'
import type { History, Life } from './history.ts'
import type { Happening } from './journal.ts'
import type { Planned } from './load.ts'

export interface Order {
  readonly violations: readonly string[]
  /** Starts of which it could be said what had to go first. */
  readonly judged: number
}

/** By so much the ticks may be off, each way. Unit: ms. */
const TICK_MS = 1_000

/**
 * The order of starts where one task runs at a time. The next task is chosen after the one before
 * has ended, so from all that had been acknowledged by then: nothing of a higher priority may have
 * been passed over, and within a project's priority what was acknowledged before another was even
 * sent goes before that one. A task that waited long counts for more than its priority.
 */
export function outOfOrder(history: History, lives: ReadonlyMap<number, Life>): Order {
  const starts = chosenStarts(history, lives)
  return {
    violations: [
      ...starts.flatMap((start) => passedOver(start)),
      ...overtakers(history.load, lives, new Set(starts.map(({ planned }) => planned.number))),
    ],
    judged: starts.length,
  }
}

/** A first start, and what there was to choose from. */
interface Start {
  readonly planned: Planned
  readonly waitedMs: number
  /** How many waited, by priority. */
  readonly choice: readonly number[]
}

/**
 * The first starts that followed an end with nothing in between. A node that starts again leads its
 * shards one after another, and the order is exact only among those that it leads.
 */
function chosenStarts(
  { load, happenings }: History,
  lives: ReadonlyMap<number, Life>,
): readonly Start[] {
  const found: Start[] = []
  const slot = new Slot()
  const waiting = new Waiting()
  const sentMs = new Map<number, number>()
  let nowMs = 0
  for (const [at, happening] of happenings.entries()) {
    const choice = slot.happened(happening) ? waiting.counts() : slot.choice
    const over = happening.type === 'start' || happening.type === 'hit'
    slot.choice = over || slot.shared ? undefined : choice
    if (happening.type === 'tick') nowMs = happening.atMs
    const planned = 'task' in happening ? load[happening.task] : undefined
    if (!planned) continue
    const startsAt = firstStart(lives.get(planned.number))
    if (happening.type === 'sent' && !sentMs.has(planned.number)) sentMs.set(planned.number, nowMs)
    if (happening.type === 'acked' && at < startsAt) waiting.add(planned)
    if (at !== startsAt) continue
    waiting.remove(planned)
    const waitedMs = nowMs - (sentMs.get(planned.number) ?? nowMs)
    if (choice) found.push({ planned, waitedMs, choice })
  }
  return found
}

/** What the one slot of the load is doing; while the counter is away, there are two. */
class Slot {
  shared = true
  choice: readonly number[] | undefined
  readonly #running = new Set<string>()

  /** True when a task ended and no other runs: the next is chosen now. */
  happened(happening: Happening): boolean {
    switch (happening.type) {
      case 'counting':
        this.shared = false
        return false
      case 'hit':
        if (!happening.holder) return false
        this.shared = true
        this.#running.clear()
        return false
      case 'start':
        this.#running.add(`${happening.task} ${happening.attempt}`)
        return false
      case 'end':
        this.#running.delete(`${happening.task} ${happening.attempt}`)
        return this.#running.size === 0 && !this.shared
      default:
        return false
    }
  }
}

/** How many wait, by priority. */
class Waiting {
  readonly #numbers = new Set<number>()
  readonly #counts = Array.from({ length: 11 }, () => 0)

  add({ number, priority }: Planned): void {
    if (this.#numbers.has(number)) return
    this.#numbers.add(number)
    this.#counts[priority] = (this.#counts[priority] ?? 0) + 1
  }

  remove({ number, priority }: Planned): void {
    if (this.#numbers.delete(number)) this.#counts[priority] = (this.#counts[priority] ?? 0) - 1
  }

  counts(): readonly number[] {
    return [...this.#counts]
  }
}

function passedOver({ planned, waitedMs, choice }: Start): readonly string[] {
  const { number, priority } = planned
  const better = choice.findLastIndex((count) => count > 0)
  if (better <= effectivePriority(priority, waitedMs + 2 * TICK_MS)) return []
  return [
    `task ${number} of priority ${priority} started when a task of priority ${better} was passed over`,
  ]
}

/** First come, first served, within one priority of one project. */
function overtakers(
  load: readonly Planned[],
  lives: ReadonlyMap<number, Life>,
  judged: ReadonlySet<number>,
): readonly string[] {
  const violations: string[] = []
  for (const line of Map.groupBy(load, lineOf).values()) {
    const acked = line.toSorted((a, b) => ackedAt(lives, a) - ackedAt(lives, b))
    let next = 0
    let latest: { readonly number: number; readonly startedAt: number } | undefined
    for (const planned of line.toSorted((a, b) => sentAt(lives, a) - sentAt(lives, b))) {
      for (; next < acked.length; next++) {
        const before = acked[next]
        if (!before || ackedAt(lives, before) >= sentAt(lives, planned)) break
        const startedAt = firstStart(lives.get(before.number))
        if (startedAt > (latest?.startedAt ?? -1)) latest = { number: before.number, startedAt }
      }
      const own = firstStart(lives.get(planned.number))
      if (latest && own < latest.startedAt && judged.has(planned.number))
        violations.push(`task ${planned.number} overtook task ${latest.number}`)
    }
  }
  return violations
}

function lineOf({ project, priority }: Planned): string {
  return `${project} ${priority}`
}

function firstStart(life: Life | undefined): number {
  return Math.min(...(life?.starts.values() ?? []))
}

function ackedAt(lives: ReadonlyMap<number, Life>, { number }: Planned): number {
  return lives.get(number)?.ackedAt ?? Infinity
}

function sentAt(lives: ReadonlyMap<number, Life>, { number }: Planned): number {
  return lives.get(number)?.sentAt ?? Infinity
}
