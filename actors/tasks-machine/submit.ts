import type { Decision } from '../../runtime/shard/machine.ts'
import { LETTERS_MAX, lettersWaiting } from '../../runtime/shard/mail/mail.ts'
import type { Reply, SubmitCommand } from '../task/command.ts'
import { answered, decided, refused, type Desk } from './desk.ts'
import { dependencyOf, endings, isRemote, noticeTo, stateAfter, uniqueId } from './endings.ts'
import { isFree, waitReason } from '../task/dependencies.ts'
import { runs } from '../task/fold.ts'
import type { FleetEvent, KeyRow, UniqueRow } from '../task/kinds.ts'
import { QUEUE_LIMITS } from '../task/limits.ts'
import type { TaskSpec } from '../task/spec.ts'
import { shardOfTask } from '../task/task-id.ts'
import { ENDED, type Dependency, type Task, type TaskState } from '../task/task.ts'

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
  const answer: FleetEvent = {
    kind: 'key',
    id,
    type: 'answered',
    atMs,
    digest: command.digest,
    reply,
  }
  return { events: [...decision.events, answer], reply }
}

function keyId({ project, key }: SubmitCommand): string {
  return `${project}/${key}`
}

function repeated(reply: Reply): Reply {
  return reply.type === 'submitted' ? { ...reply, repeated: true } : reply
}

function admit(desk: Desk, command: SubmitCommand): Decision {
  const { project, tasks, absent = [] } = command
  const waiting = desk.queue.pendingCount(project)
  if (waiting + tasks.length > QUEUE_LIMITS.waitingPerProject) {
    const message = `Cannot submit to "${project}": ${waiting} tasks wait, the limit is ${QUEUE_LIMITS.waitingPerProject}`
    return refused('RESOURCE_EXHAUSTED', message, FULL_RETRY_MS)
  }
  const specs = new Map(tasks.map(({ id, spec }) => [id, spec]))
  if (specs.size < tasks.length)
    return refused('INVALID_ARGUMENT', 'Cannot submit: two tasks have the same id')
  const wrong = wrongId(desk, specs) ?? wrongDependency(desk, specs, new Set(absent))
  return wrong ?? crowded(desk, specs) ?? take(desk, command)
}

function wrongId(desk: Desk, specs: ReadonlyMap<string, TaskSpec>): Decision | undefined {
  for (const id of specs.keys()) {
    if (desk.task(id))
      return refused('ALREADY_EXISTS', `Cannot submit "${id}": there is such a task`)
  }
  return undefined
}

/**
 * What is waited for must be there already, or come in the same batch: so an edge always leads to an
 * older task, and only a batch can hold a cycle. Of other shards the door has asked.
 */
function wrongDependency(
  desk: Desk,
  specs: ReadonlyMap<string, TaskSpec>,
  absent: ReadonlySet<string>,
): Decision | undefined {
  for (const [id, { after }] of specs) {
    for (const needed of after) {
      const there = isRemote(desk, needed) ? !absent.has(needed) : desk.task(needed)
      if (specs.has(needed) || there) continue
      const message = `Cannot submit "${id}": its dependency "${needed}" never was, or was forgotten`
      return refused('INVALID_ARGUMENT', message)
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

/** Letters to a shard that does not take them pile up here: more are a producer's to keep. */
function crowded(desk: Desk, specs: ReadonlyMap<string, TaskSpec>): Decision | undefined {
  const needed = [...specs.values()].flatMap(({ after }) => after)
  const shards = new Set(needed.filter((id) => isRemote(desk, id)).map(shardOfTask))
  for (const to of shards) {
    if (to === undefined || lettersWaiting(desk.row, to) < LETTERS_MAX) continue
    const message = `Cannot submit: ${LETTERS_MAX} letters to shard ${to} wait to be taken`
    return refused('RESOURCE_EXHAUSTED', message, FULL_RETRY_MS)
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

function take(desk: Desk, command: SubmitCommand): Decision {
  const events: FleetEvent[] = []
  const links: FleetEvent[] = [] // After all of the batch are there.
  const ids: string[] = []
  const standIns = standInsOf(desk, command)
  for (const { id, spec } of command.tasks) {
    const standIn = standIns.get(id)
    if (standIn !== undefined) {
      ids.push(standIn)
      continue
    }
    const holder = holderOf(desk, command.project, spec)
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
    const after = spec.after.map((needed) => standIns.get(needed) ?? needed)
    const task = newTask(desk, command, id, { ...spec, after })
    events.push(...born(task, spec))
    links.push(...linksOf(desk, task))
  }
  return decided([...events, ...links], { type: 'submitted', ids, repeated: false })
}

/** Of the batch: who is not added, and the task with the same unique key that stands for it. */
function standInsOf(desk: Desk, { project, tasks }: SubmitCommand): ReadonlyMap<string, string> {
  const standIns = new Map<string, string>()
  const firstOf = new Map<string, string>()
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

function holderOf(desk: Desk, project: string, spec: TaskSpec): Task | undefined {
  if (!spec.unique) return undefined
  const row = desk.row('unique', uniqueId(project, spec.unique.key)) as UniqueRow | undefined
  const task = row && desk.task(row.task)
  return task && !ENDED.has(task.state) ? task : undefined
}

function born(task: Task, { unique }: TaskSpec): FleetEvent[] {
  const { id, project, createdMs: atMs } = task
  const submitted: FleetEvent = { kind: 'task', id, type: 'submitted', atMs, task }
  if (!unique) return [submitted]
  const key = uniqueId(project, unique.key)
  return [submitted, { kind: 'unique', id: key, type: 'taken', atMs, task: id }]
}

function linksOf(desk: Desk, { id, dependencies, createdMs: atMs }: Task): FleetEvent[] {
  const waiting = dependencies.filter(({ state }) => state === 'waiting')
  return waiting.map(({ id: needed }) =>
    isRemote(desk, needed)
      ? noticeTo(desk, { type: 'subscribe', task: needed, dependent: id })
      : { kind: 'task', id: needed, type: 'dependentAdded', atMs, dependent: id },
  )
}

/** How what a new task waits for is now; of another shard that is yet to be heard. */
function dependencyOn(desk: Desk, { project, tasks }: SubmitCommand, id: string): Dependency {
  const needed = desk.task(id)
  if (needed) {
    const state = ENDED.has(needed.state) ? stateAfter(needed.state) : 'waiting'
    return dependencyOf({ project }, needed, state)
  }
  const known = isRemote(desk, id) || tasks.some((each) => each.id === id)
  return { id, state: known ? 'waiting' : 'unknown' }
}

function newTask(desk: Desk, command: SubmitCommand, id: string, spec: TaskSpec): Task {
  const { project, by } = command
  const atMs = desk.wallMs
  const dependencies = spec.after.map((needed) => dependencyOn(desk, command, needed))
  const [state, reason] = firstState(spec, dependencies, atMs)
  return {
    id,
    project,
    spec,
    by,
    state,
    reason,
    createdMs: atMs,
    updatedMs: atMs,
    enqueuedMs: atMs,
    version: 0,
    ...(state === 'scheduled' && spec.notBeforeMs !== undefined
      ? { wakeMs: spec.notBeforeMs }
      : {}),
    dependencies,
    dependents: [],
    paused: false,
    cancelling: false,
    attempt: 0,
    attempts: [],
    retriesUsed: 0,
  }
}

function firstState(
  spec: TaskSpec,
  dependencies: readonly Dependency[],
  atMs: number,
): readonly [TaskState, string] {
  if (!isFree(dependencies)) return ['suspended', waitReason(dependencies)]
  if ((spec.notBeforeMs ?? 0) > atMs) return ['scheduled', 'waits for its moment']
  return ['available', 'waiting for a slot']
}
