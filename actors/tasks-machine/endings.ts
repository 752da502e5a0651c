import { letterTo, type Unnumbered } from '../../runtime/shard/mail/letter.ts'
import type { Notice } from '../task/command.ts'
import { isFree, named } from '../task/dependencies.ts'
import { QUEUE_LIMITS } from '../task/limits.ts'
import type { Desk } from './desk.ts'
import { TALLY_ID, type FleetEvent, type UniqueRow } from '../task/kinds.ts'
import { shardOfTask } from '../task/task-id.ts'
import { ENDED, type Dependency, type Task, type TaskId, type TaskState } from '../task/task.ts'

/** Why a shard may find more work in an ending than one entry should hold. */
const CASCADE_MAX = QUEUE_LIMITS.dependents

/**
 * What follows, in the same entry, from tasks that end: they are counted, their unique keys are
 * free, and who waited for them is released, or cancelled because it can never run. Dependents in
 * other shards are told by letter.
 */
export function endings(desk: Desk, task: Task, state: TaskState): FleetEvent[] {
  const events: FleetEvent[] = []
  const waiting: (readonly [Task, TaskState])[] = [[task, state]]
  const known = new Map<string, Task>()
  for (let at = 0; at < waiting.length && at < CASCADE_MAX; at++) {
    const [ended, how] = waiting[at] ?? [task, state]
    events.push(...settled(desk, ended, how))
    for (const id of ended.dependents) {
      if (isRemote(desk, id)) {
        const { id: needed, project } = ended
        const dependency = { id: needed, project, state: stateAfter(how) }
        events.push(noticeTo(desk, { type: 'settle', task: id, dependency, how }))
        continue
      }
      const dependent = known.get(id) ?? desk.task(id)
      if (!dependent || ENDED.has(dependent.state)) continue
      const outcome = told(desk, dependent, dependencyOf(dependent, ended, stateAfter(how)), how)
      known.set(id, outcome.task)
      events.push(...outcome.events)
      if (outcome.cancelled) waiting.push([outcome.task, 'cancelled'])
    }
  }
  return events
}

function settled(desk: Desk, task: Task, state: TaskState): FleetEvent[] {
  const { project, spec, id } = task
  const atMs = desk.wallMs
  const events: FleetEvent[] = [
    { kind: 'tally', id: TALLY_ID, type: 'counted', atMs, state, by: 1 },
    ...farewells(desk, task),
  ]
  if (!spec.unique) return events
  const key = uniqueId(project, spec.unique.key)
  const holder = desk.row('unique', key) as UniqueRow | undefined
  if (holder?.task === id) events.push({ kind: 'unique', id: key, type: 'freed', atMs })
  return events
}

/** Whom it still waited for in other shards need not tell it any more. */
function farewells(desk: Desk, { id, dependencies }: Task): Unnumbered[] {
  const waiting = dependencies.filter((each) => each.state === 'waiting' && isRemote(desk, each.id))
  return waiting.map((each) =>
    noticeTo(desk, { type: 'unsubscribe', task: each.id, dependent: id }),
  )
}

/** True for a task whose rows are in another shard. */
export function isRemote(desk: Desk, id: TaskId): boolean {
  return shardOfTask(id) !== desk.shard
}

/** A letter to the shard of the task that it is about. */
export function noticeTo(desk: Desk, notice: Notice): Unnumbered {
  return letterTo(shardOfTask(notice.task) ?? desk.shard, notice, desk.wallMs)
}

/** How an ended task is to those that waited for it. */
export function stateAfter(how: TaskState): 'completed' | 'failed' {
  return how === 'completed' ? 'completed' : 'failed'
}

/** `needed` as `task` sees it: its project goes without saying if it is the task's own. */
export function dependencyOf(
  { project }: Pick<Task, 'project'>,
  needed: Task,
  state: Dependency['state'],
): Dependency {
  return {
    id: needed.id,
    ...(needed.project === project ? {} : { project: needed.project }),
    state,
  }
}

interface Told {
  readonly task: Task
  readonly events: readonly FleetEvent[]
  readonly cancelled: boolean
}

/** What a task does that hears how its dependency ended. */
export function told(desk: Desk, dependent: Task, dependency: Dependency, how: TaskState): Told {
  const at = { kind: 'task', id: dependent.id, atMs: desk.wallMs } as const
  const dependencies = dependent.dependencies.map((each) =>
    each.id === dependency.id ? dependency : each,
  )
  const task: Task = { ...dependent, dependencies }
  const heard: FleetEvent = { ...at, type: 'dependencyHeard', dependency }
  if (dependency.state === 'failed') {
    const by = `its dependency ${named(dependency)}, which is ${how}`
    return { task, events: [heard, { ...at, type: 'cancelled', by }], cancelled: true }
  }
  const free = isFree(dependencies) && dependent.state === 'suspended'
  return { task, events: free ? [heard, { ...at, type: 'released' }] : [heard], cancelled: false }
}

export function uniqueId(project: string, key: string): string {
  return `${project}/${key}`
}
