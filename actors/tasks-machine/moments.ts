import type { Decision } from '../../runtime/shard/machine.ts'
import type { Command } from '../task/command.ts'
import { TALLY_ID, type KeyRow } from '../task/kinds.ts'
import { formatMoment, formatSpan } from '../task/moment.ts'
import { ENDED, type Task } from '../task/task.ts'
import { answered, type Desk } from './desk.ts'
import { endings, freeKey, uniqueId } from './endings.ts'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>

/** A timer of the shard's own; one armed for another version of the row is stale. */
export function due(desk: Desk, { task: id, version }: Of<'due'>): Decision {
  const task = desk.task(id)
  const { dueMs = Infinity } = task ?? {}
  if (!task || task.version !== version || dueMs > desk.wallMs) return answered({ type: 'stale' })
  const wakes = task.state === 'scheduled' && !task.paused && dueMs === task.wakeMs
  if (wakes) {
    desk.change(id, { type: 'released' })
  } else {
    desk.change(id, { type: 'expired', reason: `expired: ${whyExpired(task)}` })
    endings(desk, task)
  }
  return desk.decided({ type: 'done' })
}

function whyExpired({ spec: { expiresMs, timeouts }, dueMs, totalDueMs }: Task): string {
  if (expiresMs !== undefined && dueMs === expiresMs)
    return `it was of use only until ${formatMoment(expiresMs)}`
  if (dueMs === totalDueMs) return `it was not over within ${formatSpan(timeouts.totalMs)}`
  return `no slot was free for it within ${formatSpan(timeouts.scheduleToStartMs)}`
}

/** Keys outlive their tasks, and a week, for whoever repeats a request. */
export function forgetKeys(desk: Desk, { keys, beforeMs }: Of<'forgetKeys'>): Decision {
  for (const id of keys) {
    const row = desk.row('key', id) as KeyRow | undefined
    if (!row || row.atMs >= beforeMs) continue
    const { reply } = row
    const lives = reply.type === 'submitted' && reply.ids.some((task) => desk.task(task))
    if (!lives) desk.record({ kind: 'key', id, type: 'forgotten', atMs: desk.wallMs })
  }
  return desk.decided({ type: 'done' })
}

/** Ended tasks leave for good, with what stood for them. */
export function forget(desk: Desk, { tasks }: Of<'forget'>): Decision {
  for (const id of tasks) {
    const task = desk.task(id)
    if (!task || !ENDED.has(task.state)) continue
    const { state, project, spec } = task
    desk.change(id, { type: 'forgotten' })
    desk.record({ kind: 'tally', id: TALLY_ID, type: 'counted', atMs: desk.wallMs, state, by: -1 })
    if (spec.unique) freeKey(desk, uniqueId(project, spec.unique.key), id)
  }
  return desk.decided({ type: 'done' })
}
