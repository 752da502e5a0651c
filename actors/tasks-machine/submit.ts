import type { Decision } from '../../runtime/shard/machine.ts'
import type { BriefSpec } from '../task/brief.ts'
import type { Reply, SubmitCommand } from '../task/command.ts'
import { answered, decided, refused, type Desk } from './desk.ts'
import { endings, uniqueId } from './endings.ts'
import { runs } from '../task/fold.ts'
import type { FleetEvent, KeyRow, UniqueRow } from '../task/kinds.ts'
import { QUEUE_LIMITS } from '../task/limits.ts'
import { shardOfTask } from '../task/task-id.ts'
import { ENDED, type Dependency, type NewTask, type Task, type TaskState } from '../task/task.ts'

/** How long a producer is told to wait when its project's queue is full. Unit: ms. */
const FULL_RETRY_MS = 5_000

/**
 * All of a batch, or nothing. The same key gives the same answer: a refusal is remembered too, once
 * the caller has tried before, because the first try may have been committed.
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
  const decision = admit(desk, command)
  const reply = decision.reply as Reply
  if (reply.type === 'refused' && command.try === 1) return decision
  const atMs = desk.wallMs
  const { digest } = command
  const answer: FleetEvent = { atMs, digest, id, kind: 'key', reply, type: 'answered' }
  return { events: [...decision.events, answer], reply }
}

function keyId({ project, key }: SubmitCommand): string {
  return `${project}/${key}`
}

function repeated(reply: Reply): Reply {
  return reply.type === 'submitted' ? { ...reply, repeated: true } : reply
}

function admit(desk: Desk, command: SubmitCommand): Decision {
  const { project, tasks } = command
  const waiting = desk.queue.waitingCount(project)
  if (waiting + tasks.length > QUEUE_LIMITS.waitingPerProject) {
    const message = `Cannot submit to "${project}": ${waiting} tasks wait, the limit is ${QUEUE_LIMITS.waitingPerProject}`
    return refused('RESOURCE_EXHAUSTED', message, FULL_RETRY_MS)
  }
  const specs = new Map(tasks.map(({ id, spec }) => [id, spec]))
  if (specs.size < tasks.length)
    return refused('INVALID_ARGUMENT', 'Cannot submit: two tasks have the same id')
  const wrong = wrongId(desk, specs) ?? wrongDependency(desk, specs)
  return wrong ?? take(desk, command)
}

function wrongId(desk: Desk, specs: ReadonlyMap<string, BriefSpec>): Decision | undefined {
  for (const id of specs.keys()) {
    if (desk.task(id))
      return refused('ALREADY_EXISTS', `Cannot submit "${id}": there is such a task`)
  }
  return undefined
}

function wrongDependency(desk: Desk, specs: ReadonlyMap<string, BriefSpec>): Decision | undefined {
  for (const [id, { after = [] }] of specs) {
    for (const needed of after) {
      if (specs.has(needed) || desk.task(needed)) continue
      const elsewhere = shardOfTask(needed) !== desk.shard
      const why = elsewhere ? 'belongs to another project' : 'never was, or was forgotten'
      return refused('INVALID_ARGUMENT', `Cannot submit "${id}": its dependency "${needed}" ${why}`)
    }
  }
  const cycle = findCycle(specs)
  return (
    cycle &&
    refused(
      'INVALID_ARGUMENT',
      `Cannot submit: the tasks wait for each other: ${cycle.join(' → ')}`,
    )
  )
}

/** The ids of a cycle, the first one repeated at its end. Only a batch can hold one. */
export function findCycle(specs: ReadonlyMap<string, BriefSpec>): readonly string[] | undefined {
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

function take(desk: Desk, command: SubmitCommand): Decision {
  const events: FleetEvent[] = []
  const links: FleetEvent[] = [] // After all of the batch are there.
  const ids: string[] = []
  for (const { id, spec } of command.tasks) {
    const holder = holderOf(desk, command.project, spec)
    if (holder && spec.unique?.onConflict !== 'replace') {
      ids.push(holder.id)
      continue
    }
    if (holder) {
      if (runs(holder.state)) {
        const message = `Cannot replace "${holder.id}": it is ${holder.state}`
        return refused('FAILED_PRECONDITION', message)
      }
      const at = { kind: 'task', id: holder.id, atMs: desk.wallMs } as const
      events.push(
        { ...at, type: 'cancelled', by: `its replacement ${id}` },
        ...endings(desk, holder, 'cancelled'),
      )
    }
    ids.push(id)
    const task = newTask(desk, command, spec)
    events.push(...born(desk, id, task))
    links.push(...linksOf(desk, id, task))
  }
  return decided([...events, ...links], { type: 'submitted', ids, repeated: false })
}

function holderOf(desk: Desk, project: string, spec: BriefSpec): Task | undefined {
  if (!spec.unique) return undefined
  const row = desk.row('unique', uniqueId(project, spec.unique.key)) as UniqueRow | undefined
  const task = row && desk.task(row.task)
  return task && !ENDED.has(task.state) ? task : undefined
}

function born({ wallMs: atMs }: Desk, id: string, task: NewTask): FleetEvent[] {
  const submitted: FleetEvent = { atMs, id, kind: 'task', task, type: 'submitted' }
  const { unique } = task.spec
  if (!unique) return [submitted]
  const key = uniqueId(task.project, unique.key)
  return [submitted, { kind: 'unique', id: key, type: 'taken', atMs, task: id }]
}

function linksOf({ wallMs: atMs }: Desk, id: string, { dependencies = [] }: NewTask): FleetEvent[] {
  const waiting = dependencies.filter(({ state }) => state === 'waiting')
  return waiting.map((needed) => ({
    kind: 'task',
    id: needed.id,
    type: 'dependentAdded',
    atMs,
    dependent: id,
  }))
}

function dependencyOn(desk: Desk, batch: ReadonlySet<string>, id: string): Dependency {
  const state = batch.has(id) ? 'available' : desk.task(id)?.state
  if (state === undefined) return { id, state: 'unknown' }
  if (!ENDED.has(state)) return { id, state: 'waiting' }
  return { id, state: state === 'completed' ? 'completed' : 'failed' }
}

function newTask(desk: Desk, { project, by, tasks }: SubmitCommand, spec: BriefSpec): NewTask {
  const { after = [], notBeforeMs } = spec
  const batch = new Set(after.length > 0 ? tasks.map(({ id }) => id) : [])
  const dependencies = after.map((needed) => dependencyOn(desk, batch, needed))
  const [state, reason] = firstState(spec, dependencies, desk.wallMs)
  const wakes = state === 'scheduled' && notBeforeMs !== undefined
  return {
    by,
    ...(dependencies.length > 0 && { dependencies }),
    project,
    reason,
    spec,
    state,
    ...(wakes && { wakeMs: notBeforeMs }),
  }
}

function firstState(
  spec: BriefSpec,
  dependencies: readonly Dependency[],
  atMs: number,
): readonly [TaskState, string] {
  const failed = dependencies.find(({ state }) => state === 'failed' || state === 'unknown')
  if (failed)
    return ['suspended', `waits for a person: its dependency ${failed.id} is ${failed.state}`]
  const waiting = dependencies.filter(({ state }) => state === 'waiting')
  if (waiting.length > 0)
    return ['suspended', `waits for ${waiting.map(({ id }) => id).join(', ')}`]
  if ((spec.notBeforeMs ?? 0) > atMs) return ['scheduled', 'waits for its moment']
  return ['available', 'waiting for a slot']
}
