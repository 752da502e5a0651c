import { QUEUE_LIMITS } from '../task/limits.ts'
import type { Desk } from './desk.ts'
import { TALLY_ID, type FleetEvent, type UniqueRow } from '../task/kinds.ts'
import { ENDED, type Task, type TaskState } from '../task/task.ts'

/** Why a shard may find more work in an ending than one entry should hold. */
const CASCADE_MAX = QUEUE_LIMITS.dependents

/**
 * What follows, in the same entry, from tasks that end: they are counted, their unique keys are
 * free, and who waited for them is released, or cancelled because it can never run.
 */
export function endings(desk: Desk, task: Task, state: TaskState): FleetEvent[] {
  const events: FleetEvent[] = []
  const waiting: (readonly [Task, TaskState])[] = [[task, state]]
  const known = new Map<string, Task>()
  for (let at = 0; at < waiting.length && at < CASCADE_MAX; at++) {
    const [ended, how] = waiting[at] ?? [task, state]
    events.push(...settled(desk, ended, how))
    for (const id of ended.dependents) {
      const dependent = known.get(id) ?? desk.task(id)
      if (!dependent || ENDED.has(dependent.state)) continue
      const told = tell(desk, dependent, ended, how)
      known.set(id, told.task)
      events.push(...told.events)
      if (told.cancelled) waiting.push([told.task, 'cancelled'])
    }
  }
  return events
}

function settled(desk: Desk, { project, spec, id }: Task, state: TaskState): FleetEvent[] {
  const atMs = desk.wallMs
  const events: FleetEvent[] = [
    { kind: 'tally', id: TALLY_ID, type: 'counted', atMs, state, by: 1 },
  ]
  if (!spec.unique) return events
  const key = uniqueId(project, spec.unique.key)
  const holder = desk.row('unique', key) as UniqueRow | undefined
  if (holder?.task === id) events.push({ kind: 'unique', id: key, type: 'freed', atMs })
  return events
}

interface Told {
  readonly task: Task
  readonly events: readonly FleetEvent[]
  readonly cancelled: boolean
}

function tell(desk: Desk, dependent: Task, ended: Task, how: TaskState): Told {
  const atMs = desk.wallMs
  const at = { kind: 'task', id: dependent.id, atMs } as const
  const state = how === 'completed' ? 'completed' : 'failed'
  const dependencies = dependent.dependencies.map((each) =>
    each.id === ended.id ? ({ ...each, state } as const) : each,
  )
  const task: Task = { ...dependent, dependencies }
  const heard: FleetEvent = { ...at, type: 'dependencyEnded', dependency: { id: ended.id, state } }
  if (state === 'failed') {
    const by = `its dependency ${ended.id}, which is ${how}`
    return { task, events: [heard, { ...at, type: 'cancelled', by }], cancelled: true }
  }
  const free =
    dependencies.every((each) => each.state === 'completed') && dependent.state === 'suspended'
  return { task, events: free ? [heard, { ...at, type: 'released' }] : [heard], cancelled: false }
}

export function uniqueId(project: string, key: string): string {
  return `${project}/${key}`
}
