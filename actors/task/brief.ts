import type { TaskSpec } from './spec.ts'
import type { Task, TaskEvent } from './task.ts'

/**
 * A task as it is written: without what is as usual, which for most tasks is all but the command.
 * A third of the bytes, and of the time it takes to write them.
 *
 * What is usual is part of the format, and so are the values here: a default that changes is not
 * usual any more, and is written out.
 */
const NONE: readonly never[] = Object.freeze([])
const NOTHING: Readonly<Record<string, never>> = Object.freeze({})

/** Every task that has it so has this one in memory too. */
export const USUAL_SPEC = Object.freeze({
  after: NONE,
  env: NOTHING,
  kind: 'shell',
  labels: NONE,
  metadata: NOTHING,
  onLost: 'retry',
  outputBytesMax: 67_108_864,
  priority: 5,
  requires: NONE,
  retry: Object.freeze({
    baseMs: 15_000,
    capMs: 900_000,
    factor: 2,
    jitter: 0.1,
    max: 3,
    onExit: false,
  }),
  terminal: Object.freeze({ cols: 120, rows: 40 }),
  timeouts: Object.freeze({
    scheduleToStartMs: 86_400_000,
    startToCloseMs: 7_200_000,
    totalMs: 604_800_000,
  }),
}) satisfies Partial<TaskSpec>

const USUAL_TASK = Object.freeze({
  attempt: 0,
  attempts: NONE,
  cancelling: false,
  dependencies: NONE,
  dependents: NONE,
  paused: false,
  retriesUsed: 0,
}) satisfies Partial<Task>

type Birth = Extract<TaskEvent, { readonly type: 'submitted' }>
type Fields = Readonly<Record<string, unknown>>

/** The same spec, with the values that all share where it is as usual. */
export function shared(spec: TaskSpec): TaskSpec {
  return wholeSpec(briefSpec(spec))
}

export function briefSpec(spec: TaskSpec): object {
  return without(spec, USUAL_SPEC)
}

export function wholeSpec(brief: object): TaskSpec {
  return { ...USUAL_SPEC, ...(brief as TaskSpec) }
}

export function briefTask(task: Task): object {
  return { ...without(task, USUAL_TASK), spec: briefSpec(task.spec) }
}

export function wholeTask(brief: unknown): Task {
  return whole(brief, USUAL_TASK)
}

export function briefEvent(event: TaskEvent): object {
  if (event.type !== 'submitted') return event
  const { task } = event
  return { ...event, task: { ...without(task, atBirth(event)), spec: briefSpec(task.spec) } }
}

export function wholeEvent(brief: unknown): TaskEvent {
  const event = brief as TaskEvent
  return event.type === 'submitted' ? { ...event, task: whole(event.task, atBirth(event)) } : event
}

/** At first a task is as old as the event, and nothing has come of it. */
function atBirth({ id, atMs }: Birth): Partial<Task> {
  return { ...USUAL_TASK, createdMs: atMs, enqueuedMs: atMs, id, updatedMs: atMs, version: 0 }
}

function whole(brief: unknown, usual: Partial<Task>): Task {
  const task = brief as Task
  return { ...usual, ...task, spec: wholeSpec(task.spec) }
}

function without(value: object, usual: object): object {
  const kept: Record<string, unknown> = {}
  for (const key in value) {
    const field = (value as Fields)[key]
    if (!same(field, (usual as Fields)[key])) kept[key] = field
  }
  return kept
}

/** Equal scalars, or lists and records of equal scalars: what is usual nests no deeper. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const fields = Object.entries(a)
  if (fields.length !== Object.keys(b).length) return false
  return fields.every(([key, field]) => field === (b as Fields)[key])
}
