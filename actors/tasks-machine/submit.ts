import type { Decision } from '../../runtime/shard/machine.ts'
import { PASSING, type Reply, type SubmitCommand } from '../task/command.ts'
import type { KeyRow } from '../task/kinds.ts'
import type { TaskSpec } from '../task/spec.ts'
import { ENDED, type Dependency, type TaskId } from '../task/task.ts'
import { addTask } from './add-task.ts'
import { holderOf, refusalOf } from './admission.ts'
import { answered, refused, type Desk } from './desk.ts'
import { endings } from './endings.ts'
import { dependencyOf, isRemote, notify, stateAfter } from './notices.ts'

/**
 * All of a batch, or nothing. The same key gives the same answer: a refusal is remembered too, once
 * the caller has tried before, because the first try may have been committed. That there is no room
 * is never remembered: it changes.
 */
export function submit(desk: Desk, command: SubmitCommand): Decision {
  const id = keyId(command)
  const known = desk.row('key', id) as KeyRow | undefined
  if (known && known.digest !== command.digest) {
    return refused(
      'ALREADY_EXISTS',
      `Cannot submit with the key "${command.key}": it was used for another request`,
    )
  }
  if (known) return answered(repeated(known.reply))
  const refusal = refusalOf(desk, command)
  if (refusal && (command.try === 1 || PASSING.has(refusal.code))) return answered(refusal)
  const reply: Reply = refusal ?? { type: 'submitted', ids: take(desk, command), repeated: false }
  const { digest } = command
  desk.record({ kind: 'key', id, type: 'answered', atMs: desk.wallMs, digest, reply })
  return desk.decided(reply)
}

function keyId({ project, key }: SubmitCommand): string {
  return `${project}:${key}` // No project has a colon in its name.
}

function repeated(reply: Reply): Reply {
  return reply.type === 'submitted' ? { ...reply, repeated: true } : reply
}

/** The tasks of the batch, and for each that is not added the one that stands for it. */
function take(desk: Desk, command: SubmitCommand): readonly TaskId[] {
  const standIns = standInsOf(desk, command)
  const known: ReadonlySet<TaskId> = new Set(command.tasks.map(({ id }) => id))
  const dependents: TaskId[] = []
  for (const { id, spec } of command.tasks) {
    const standIn = standIns.get(id)
    if (standIn !== undefined) {
      attach(desk, standIn, spec, command.by)
      continue
    }
    makeWay(desk, command.project, spec, id)
    const { project, by } = command
    const after = [...new Set(spec.after.map((needed) => standIns.get(needed) ?? needed))]
    const dependencies = after.map((needed) => dependencyOn(desk, project, needed, known))
    addTask(desk, { id, project, by, spec: { ...spec, after }, dependencies })
    if (dependencies.length > 0) dependents.push(id)
  }
  for (const id of dependents) link(desk, id) // Now that all of the batch are there.
  return command.tasks.map(({ id }) => standIns.get(id) ?? id)
}

/** Of the batch: who is not added, and the task with the same unique key that stands for it. */
function standInsOf(desk: Desk, { project, tasks }: SubmitCommand): ReadonlyMap<TaskId, TaskId> {
  const standIns = new Map<TaskId, TaskId>()
  const firstOf = new Map<string, TaskId>()
  for (const { id, spec } of tasks) {
    if (!spec.unique) continue
    const { key, onConflict } = spec.unique
    const holder = onConflict === 'replace' ? undefined : holderOf(desk, project, spec)?.id
    const standIn = holder ?? firstOf.get(key)
    if (standIn === undefined) firstOf.set(key, id)
    else standIns.set(id, standIn)
  }
  return standIns
}

/** Who attaches to a task waits for it too: it gets the higher of both priorities. */
function attach(desk: Desk, id: TaskId, { unique, priority }: TaskSpec, by: string): void {
  const task = desk.task(id)
  if (unique?.onConflict !== 'attach' || !task || ENDED.has(task.state)) return
  if (task.spec.priority < priority) desk.change(id, { type: 'prioritized', priority, by })
}

/** The task that has the key leaves for the one that replaces it. */
function makeWay(desk: Desk, project: string, spec: TaskSpec, id: TaskId): void {
  const holder = holderOf(desk, project, spec)
  if (!holder || ENDED.has(holder.state)) return
  desk.change(holder.id, { type: 'cancelled', by: `its replacement ${id}` })
  endings(desk, holder)
}

/** How what a new task waits for is now; of another shard that is yet to be heard. */
function dependencyOn(
  desk: Desk,
  project: string,
  id: TaskId,
  batch: ReadonlySet<TaskId>,
): Dependency {
  const needed = desk.task(id)
  if (needed) {
    const state = ENDED.has(needed.state) ? stateAfter(needed.state) : 'waiting'
    return dependencyOf(project, needed, state)
  }
  return { id, state: isRemote(desk, id) || batch.has(id) ? 'waiting' : 'unknown' }
}

function link(desk: Desk, id: TaskId): void {
  for (const { id: needed, state } of desk.task(id)?.dependencies ?? []) {
    if (state !== 'waiting') continue
    if (isRemote(desk, needed)) notify(desk, { type: 'subscribe', task: needed, dependent: id })
    else desk.change(needed, { type: 'dependentAdded', dependent: id })
  }
}
