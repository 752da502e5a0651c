import type { Explanation, NodeStatus } from './fleet.ts'
import type { LedTasks } from './tasks-machine/led-tasks.ts'
import type { Task } from './task/task.ts'

/** Why a task is where it is, in one line, with what was looked at. */
export function explain(
  task: Task,
  led: LedTasks | undefined,
  nodes: readonly NodeStatus[],
): Explanation {
  const waits = task.state === 'available' && !task.paused
  const ahead = waits && led ? led.ahead(task) : 0
  const considered = nodes.map((node) => consider(task, node))
  return {
    task,
    why: waits ? waiting(task, led, considered, ahead) : task.reason,
    considered,
    ahead,
  }
}

function consider(
  { spec }: Task,
  { node, slots, busy, labels }: NodeStatus,
): Explanation['considered'][number] {
  const missing = spec.requires.filter((label) => !labels.includes(label))
  if (missing.length > 0) return { node, fits: false, why: `has no label ${missing.join(', ')}` }
  return {
    node,
    fits: true,
    why: busy < slots ? `${slots - busy} of ${slots} slots free` : `all ${slots} slots busy`,
  }
}

function waiting(
  task: Task,
  led: LedTasks | undefined,
  considered: Explanation['considered'],
  ahead: number,
): string {
  if (led?.projectPaused(task.project)) return `waiting: the project "${task.project}" is paused`
  const lane = led?.heldBy(task)
  if (lane !== undefined) return `waiting: concurrency key "${lane}" is full`
  if (considered.every(({ fits }) => !fits)) {
    const labels = task.spec.requires.join(', ')
    return `waiting: no node with label ${labels}`
  }
  return `waiting: ${ahead} ahead of it in project "${task.project}"; ${considered.find(({ fits }) => fits)?.why ?? ''}`
}
