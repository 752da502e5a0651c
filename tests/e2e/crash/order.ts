import { effectivePriority } from '../../../actors/queue/priority.ts'
import type { History, Life } from './history.ts'
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
  const overtaken = passedOver(history, lives)
  return {
    violations: [...overtaken.violations, ...overtakers(history.load, lives)],
    judged: overtaken.judged,
  }
}

function passedOver({ load, happenings }: History, lives: ReadonlyMap<number, Life>): Order {
  const violations: string[] = []
  const waiting = new Waiting()
  let choice: readonly number[] | undefined
  let judged = 0
  let nowMs = 0
  const sentMs = new Map<number, number>()
  for (const [at, happening] of happenings.entries()) {
    if (happening.type === 'tick') nowMs = happening.atMs
    if (happening.type === 'tick' || happening.type === 'killed') continue
    const planned = load[happening.task]
    const firstStartAt = firstStart(lives.get(happening.task))
    if (!planned) continue
    switch (happening.type) {
      case 'sent':
        sentMs.set(planned.number, sentMs.get(planned.number) ?? nowMs)
        break
      case 'acked':
        if (at < firstStartAt) waiting.add(planned)
        break
      case 'start': {
        const waitedMs = nowMs - (sentMs.get(planned.number) ?? nowMs) + 2 * TICK_MS
        const most = effectivePriority(planned.priority, waitedMs)
        const better = choice?.findLastIndex((count) => count > 0) ?? -1
        if (choice) judged += 1
        if (better > most) {
          const { number, priority } = planned
          const passed = `a task of priority ${better} was passed over`
          violations.push(`task ${number} of priority ${priority} started when ${passed}`)
        }
        if (at === firstStartAt) waiting.remove(planned)
        choice = undefined
        break
      }
      case 'end':
        choice = waiting.counts()
    }
  }
  return { violations, judged }
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

/** First come, first served, within one priority of one project. */
function overtakers(load: readonly Planned[], lives: ReadonlyMap<number, Life>): readonly string[] {
  const violations: string[] = []
  for (const line of Map.groupBy(load, lineOf).values()) {
    const acked = line.toSorted((a, b) => ackedAt(lives, a) - ackedAt(lives, b))
    const sent = line.toSorted((a, b) => sentAt(lives, a) - sentAt(lives, b))
    let next = 0
    let latest: { readonly number: number; readonly startedAt: number } | undefined
    for (const planned of sent) {
      for (; next < acked.length; next++) {
        const before = acked[next]
        if (!before || ackedAt(lives, before) >= sentAt(lives, planned)) break
        const startedAt = firstStart(lives.get(before.number))
        if (startedAt > (latest?.startedAt ?? -1)) latest = { number: before.number, startedAt }
      }
      const own = firstStart(lives.get(planned.number))
      if (latest && own < latest.startedAt)
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
