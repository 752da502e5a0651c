import { LETTERS_MAX, lettersWaiting } from '../../runtime/shard/mail/mail.ts'
import type { Refusal, SubmitCommand } from '../task/command.ts'
import { runs } from '../task/fold.ts'
import type { UniqueRow } from '../task/kinds.ts'
import { QUEUE_LIMITS } from '../task/limits.ts'
import type { TaskSpec } from '../task/spec.ts'
import { shardOfTask } from '../task/task-id.ts'
import type { Task, TaskId } from '../task/task.ts'
import { refusal, type Desk } from './desk.ts'
import { standsOn, uniqueId } from './endings.ts'
import { isRemote } from './notices.ts'

/** How long a producer is told to wait when there is no room. Unit: ms. */
const FULL_RETRY_MS = 5_000

type Specs = ReadonlyMap<TaskId, TaskSpec>

/** Why a batch is not taken, as a whole; `undefined` if it is. */
export function refusalOf(desk: Desk, command: SubmitCommand): Refusal | undefined {
  const { project, tasks, absent = [] } = command
  const specs = new Map(tasks.map(({ id, spec }) => [id, spec]))
  if (specs.size < tasks.length)
    return refusal('INVALID_ARGUMENT', 'Cannot submit: two tasks have the same id')
  return (
    full(desk, project, tasks.length) ??
    wrongId(desk, specs) ??
    wrongDependency(desk, specs, new Set(absent)) ??
    crowded(desk, specs) ??
    irreplaceable(desk, command)
  )
}

/** No room in the queue, or on the disk. */
export function full(desk: Desk, project: string, count: number): Refusal | undefined {
  const { scarce } = desk.space
  if (scarce !== undefined)
    return refusal('STORE_FULL', `Cannot submit to "${project}": ${scarce}`, FULL_RETRY_MS)
  const waiting = desk.queue.pendingCount(project)
  const { waitingPerProject } = QUEUE_LIMITS
  if (waiting + count <= waitingPerProject) return undefined
  const message = `Cannot submit to "${project}": ${waiting} tasks wait, the limit is ${waitingPerProject}`
  return refusal('RESOURCE_EXHAUSTED', message, FULL_RETRY_MS)
}

function wrongId(desk: Desk, specs: Specs): Refusal | undefined {
  const known = [...specs.keys()].find((id) => desk.task(id))
  if (known === undefined) return undefined
  return refusal('ALREADY_EXISTS', `Cannot submit "${known}": there is such a task`)
}

/**
 * What is waited for must be there already, or come in the same batch: so an edge always leads to an
 * older task, and only a batch can hold a cycle. Of other shards the door has asked.
 */
function wrongDependency(
  desk: Desk,
  specs: Specs,
  absent: ReadonlySet<string>,
): Refusal | undefined {
  for (const [id, { after }] of specs) {
    for (const needed of after) {
      const there = isRemote(desk, needed) ? !absent.has(needed) : desk.task(needed)
      if (specs.has(needed) || there) continue
      const message = `Cannot submit "${id}": its dependency "${needed}" never was, or was forgotten`
      return refusal('INVALID_ARGUMENT', message)
    }
  }
  const cycle = findCycle(specs)
  if (!cycle) return undefined
  const message = `Cannot submit: the tasks wait for each other: ${cycle.join(' → ')}`
  return refusal('INVALID_ARGUMENT', message)
}

/** What a shard does not take piles up here, and who waits for one task stands in its row. */
function crowded(desk: Desk, specs: Specs): Refusal | undefined {
  const counts = new Map<TaskId, number>()
  for (const { after } of specs.values())
    for (const needed of new Set(after)) counts.set(needed, (counts.get(needed) ?? 0) + 1)
  for (const [needed, more] of counts) {
    const to = shardOfTask(needed) ?? desk.shard
    if (to !== desk.shard && lettersWaiting((kind, id) => desk.row(kind, id), to) >= LETTERS_MAX) {
      const message = `Cannot submit: ${LETTERS_MAX} letters to shard ${to} wait to be taken`
      return refusal('RESOURCE_EXHAUSTED', message, FULL_RETRY_MS)
    }
    const waiting = desk.task(needed)?.dependents.length ?? 0
    if (waiting + more <= QUEUE_LIMITS.dependents) continue
    const message = `Cannot submit: ${waiting} tasks wait for "${needed}", the limit is ${QUEUE_LIMITS.dependents}`
    return refusal('FAILED_PRECONDITION', message)
  }
  return undefined
}

function irreplaceable(desk: Desk, { project, tasks }: SubmitCommand): Refusal | undefined {
  for (const { spec } of tasks) {
    const holder = spec.unique?.onConflict === 'replace' && holderOf(desk, project, spec)
    if (!holder || !runs(holder)) continue
    const message = `Cannot replace "${holder.id}": it is ${holder.state}`
    return refusal('FAILED_PRECONDITION', message)
  }
  return undefined
}

/** The ids of a cycle, the first one repeated at its end. Only a batch can hold one. */
export function findCycle(specs: ReadonlyMap<string, TaskSpec>): readonly string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (id: string): readonly string[] | undefined => {
    if (done.has(id) || !specs.has(id)) return undefined
    const seen = path.indexOf(id)
    if (seen >= 0) return [...path.slice(seen), id]
    path.push(id)
    for (const next of specs.get(id)?.after ?? []) {
      const cycle = visit(next)
      if (cycle) return cycle
    }
    path.pop()
    done.add(id)
    return undefined
  }
  for (const id of specs.keys()) {
    const cycle = visit(id)
    if (cycle) return cycle
  }
  return undefined
}

/** The task that has the unique key of `spec`. */
export function holderOf(desk: Desk, project: string, { unique }: TaskSpec): Task | undefined {
  if (!unique) return undefined
  const row = desk.row('unique', uniqueId(project, unique.key)) as UniqueRow | undefined
  const task = row && desk.task(row.task)
  return task && standsOn(task, desk.wallMs) ? task : undefined
}
