import type { Command } from '../../actors/task/command.ts'
import type { ProjectRow } from '../../actors/task/kinds.ts'
import type { Task } from '../../actors/task/task.ts'
import type { Shard } from '../../runtime/shard/machine.ts'
import { fail } from './violation.ts'

/** One for each ten minutes of waiting, three at most, and not for the two that people set aside. */
function effective({ spec, enqueuedMs }: Task, nowMs: number): number {
  if (spec.priority >= 9) return spec.priority
  const gain = Math.floor(Math.max(0, nowMs - enqueuedMs) / 600_000)
  return Math.min(8, spec.priority + Math.min(3, gain))
}

function laneIsFull({ project, spec }: Task, tasks: readonly Task[]): boolean {
  const { concurrency } = spec
  if (!concurrency) return false
  const running = tasks.filter((each) => {
    const last = each.attempts.at(-1)
    const same = each.project === project && each.spec.concurrency?.key === concurrency.key
    return same && last !== undefined && last.endedMs === undefined
  })
  return running.length >= concurrency.max
}

/**
 * ORDER: within a project a slot goes to the highest priority, then to who waits longest. Worked out
 * from the rows alone, without the queue.
 */
export function checkOrder(shard: Shard<Command>, id: string, nowMs: number): void {
  const tasks = Array.from(shard.rows('task'), ([, row]) => row as Task)
  const chosen = tasks.find((task) => task.id === id)
  if (!chosen || chosen.state !== 'available' || chosen.paused) return
  const { paused } = (shard.row('project', chosen.project) as ProjectRow | undefined) ?? {}
  if (paused) fail(`ORDER: ${id} gets a slot while its project is paused`)
  if (laneIsFull(chosen, tasks)) fail(`ORDER: ${id} gets a slot while its lane is full`)
  const own = effective(chosen, nowMs)
  for (const other of tasks) {
    if (other.project !== chosen.project || other.state !== 'available' || other.paused) continue
    const theirs = effective(other, nowMs)
    const first = other.enqueuedMs - chosen.enqueuedMs || (other.id < id ? -1 : 1)
    const before = theirs > own || (theirs === own && first < 0)
    if (other.id === id || !before || laneIsFull(other, tasks)) continue
    fail(`ORDER: ${id} (${own}) gets a slot before ${other.id} (${theirs})`)
  }
}
