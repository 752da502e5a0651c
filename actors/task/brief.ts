import type { TaskSpec } from './spec.ts'
import type { Task } from './task.ts'

/**
 * A task as it travels and as it is written: without what is as usual, which for most tasks is all
 * but the command. A third of the bytes, and of the time to write them.
 *
 * What is usual is part of the format, and so are the values here: a default that changes is not
 * usual any more, and is written out.
 */
const NONE: readonly never[] = Object.freeze([])
const NOTHING: Readonly<Record<string, never>> = Object.freeze({})

/** One value for every task that has it so: most of what a task holds in memory. */
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

type Brief<T, Usual> = Omit<T, keyof Usual> & Partial<Pick<T, keyof Usual & keyof T>>

/** As `parseSpec` makes it, and as it travels until its task is made. */
export type BriefSpec = Brief<TaskSpec, typeof USUAL_SPEC>
export type BriefTask = Brief<Omit<Task, 'spec'>, typeof USUAL_TASK> & { readonly spec: BriefSpec }

export function briefSpec(spec: TaskSpec): BriefSpec {
  return brief(spec, USUAL_SPEC) as BriefSpec
}

export function briefTask(task: Task): BriefTask {
  return { ...brief(task, USUAL_TASK), spec: briefSpec(task.spec) } as BriefTask
}

export function wholeSpec(spec: BriefSpec): TaskSpec {
  return { ...USUAL_SPEC, ...spec }
}

export function wholeTask(task: BriefTask): Task {
  return { ...USUAL_TASK, ...task, spec: wholeSpec(task.spec) }
}

type Fields = Readonly<Record<string, unknown>>

function brief(value: object, usual: object): object {
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
