import { runs } from '../task/fold.ts'
import type { Task } from '../task/task.ts'
import { Line } from './line.ts'
import { effectivePriority } from './priority.ts'

const PRIORITIES = 11

/** What a slot offers: only tasks that it fits are its. */
export interface Offer {
  readonly kinds: readonly string[]
  readonly labels: readonly string[]
}

export interface Candidate {
  readonly task: string
  readonly project: string
  readonly effective: number
  readonly enqueuedMs: number
}

/** What a task needs of a slot; tasks with equal needs wait together. */
interface Fit {
  readonly kind: string
  readonly requires: readonly string[]
}

/** Waiting tasks of one project with equal needs, a line for each priority. */
type Section = {
  readonly project: string
  readonly fit: Fit
  readonly lines: readonly Line[]
}

type Waiting = { readonly section: Section; readonly priority: number }

/**
 * The order in which a shard's tasks get slots. An index over rows: it is told of every change and
 * holds nothing that the rows do not.
 */
export class Queue {
  readonly #sections = new Map<string, Section>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #waitingOf = new Map<string, number>()
  readonly #pausedProjects = new Set<string>()
  /** Concurrency lanes: how many run, who is in line, and who is held until one ends. */
  readonly #running = new Map<string, number>()
  readonly #inLine = new Map<string, Map<string, Task>>()
  readonly #held = new Map<string, Map<string, Task>>()

  changed(before: Task | undefined, after: Task | undefined): void {
    if (before && runs(before.state) && !(after && runs(after.state))) this.#leave(before)
    if (before && waits(before)) this.#remove(before)
    if (after && waits(after)) this.#add(after)
    if (after && runs(after.state) && !(before && runs(before.state))) this.#enter(after)
  }

  /** How many tasks of the project wait for a slot. */
  waitingCount(project: string): number {
    return this.#waitingOf.get(project) ?? 0
  }

  pause(project: string, paused: boolean): void {
    if (paused) this.#pausedProjects.add(project)
    else this.#pausedProjects.delete(project)
  }

  /**
   * The task that an offer should take, if any fits.
   *
   * @param turnOf when a project was last served: among equals the one served longest ago goes first.
   */
  best(offer: Offer, nowMs: number, turnOf: (project: string) => number): Candidate | undefined {
    let best: Candidate | undefined
    for (const section of this.#sections.values()) {
      if (this.#pausedProjects.has(section.project) || !fits(section.fit, offer)) continue
      const head = headOf(section, nowMs)
      if (head && (!best || goesFirst(head, best, turnOf))) best = head
    }
    return best
  }

  /** What is waited for, by need, with the priority of the first of each. */
  wanted(nowMs: number): (Fit & { readonly priority: number })[] {
    const found = new Map<string, Fit & { readonly priority: number }>()
    for (const section of this.#sections.values()) {
      const head = this.#pausedProjects.has(section.project) ? undefined : headOf(section, nowMs)
      if (!head) continue
      const key = fitKey(section.fit)
      const known = found.get(key)
      if (!known || known.priority < head.effective)
        found.set(key, { ...section.fit, priority: head.effective })
    }
    return [...found.values()]
  }

  /** Its place among the tasks of its project that wait: 0 is next. Counts what is ahead. */
  ahead(task: Task, nowMs: number): number {
    const own = effectivePriority(task.spec.priority, nowMs - task.enqueuedMs)
    let count = 0
    for (const { project, lines } of this.#sections.values()) {
      if (project !== task.project) continue
      for (const [priority, line] of lines.entries()) if (priority > own) count += line.size
    }
    return count
  }

  /** Why a task that waits in a full concurrency lane waits; `undefined` if it does not. */
  heldBy(task: Task): string | undefined {
    const lane = laneOf(task)
    return lane !== undefined && this.#held.get(lane)?.has(task.id)
      ? task.spec.concurrency?.key
      : undefined
  }

  #add(task: Task): void {
    this.#waitingOf.set(task.project, this.waitingCount(task.project) + 1)
    const lane = laneOf(task)
    if (lane === undefined) return this.#line(task)
    if (this.#full(lane, task)) return put(this.#held, lane, task)
    put(this.#inLine, lane, task)
    this.#line(task)
  }

  #line(task: Task): void {
    const fit = { kind: task.spec.kind, requires: task.spec.requires.toSorted() }
    const key = `${task.project}\n${fitKey(fit)}`
    const fresh = {
      project: task.project,
      fit,
      lines: Array.from({ length: PRIORITIES }, () => new Line()),
    }
    const section = this.#sections.get(key) ?? fresh
    this.#sections.set(key, section)
    const { priority } = task.spec
    section.lines[priority]?.add({ id: task.id, enqueuedMs: task.enqueuedMs })
    this.#waiting.set(task.id, { section, priority })
  }

  #remove(task: Task): void {
    this.#waitingOf.set(task.project, this.waitingCount(task.project) - 1)
    const lane = laneOf(task)
    if (lane !== undefined) {
      this.#held.get(lane)?.delete(task.id)
      this.#inLine.get(lane)?.delete(task.id)
    }
    this.#unline(task.id)
  }

  #unline(id: string): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    const { section, priority } = waiting
    this.#waiting.delete(id)
    section.lines[priority]?.remove(id)
    if (section.lines.every((line) => line.size === 0)) {
      this.#sections.delete(`${section.project}\n${fitKey(section.fit)}`)
    }
  }

  #full(lane: string, task: Task): boolean {
    return (this.#running.get(lane) ?? 0) >= (task.spec.concurrency?.max ?? Infinity)
  }

  /** One more runs in the lane: whom it is full for now is held. */
  #enter(task: Task): void {
    const lane = laneOf(task)
    if (lane === undefined) return
    this.#running.set(lane, (this.#running.get(lane) ?? 0) + 1)
    for (const waiting of this.#inLine.get(lane)?.values() ?? []) {
      if (!this.#full(lane, waiting)) continue
      this.#inLine.get(lane)?.delete(waiting.id)
      this.#unline(waiting.id)
      put(this.#held, lane, waiting)
    }
  }

  #leave(task: Task): void {
    const lane = laneOf(task)
    if (lane === undefined) return
    this.#running.set(lane, (this.#running.get(lane) ?? 1) - 1)
    for (const held of this.#held.get(lane)?.values() ?? []) {
      if (this.#full(lane, held)) continue
      this.#held.get(lane)?.delete(held.id)
      put(this.#inLine, lane, held)
      this.#line(held)
    }
  }
}

function put(lanes: Map<string, Map<string, Task>>, lane: string, task: Task): void {
  const tasks = lanes.get(lane) ?? new Map<string, Task>()
  lanes.set(lane, tasks.set(task.id, task))
}

function waits(task: Task): boolean {
  return task.state === 'available' && !task.paused
}

function headOf({ lines, project }: Section, nowMs: number): Candidate | undefined {
  let best: Candidate | undefined
  for (let priority = PRIORITIES - 1; priority >= 0; priority--) {
    const head = lines[priority]?.head()
    if (!head) continue
    const effective = effectivePriority(priority, nowMs - head.enqueuedMs)
    const later =
      best &&
      (effective < best.effective ||
        (effective === best.effective && head.enqueuedMs >= best.enqueuedMs))
    if (!later) best = { task: head.id, project, effective, enqueuedMs: head.enqueuedMs }
  }
  return best
}

/** Higher priority, then the project whose turn it is, then first come. */
export function goesFirst(
  a: Candidate,
  b: Candidate,
  turnOf: (project: string) => number,
): boolean {
  if (a.effective !== b.effective) return a.effective > b.effective
  const turns = turnOf(a.project) - turnOf(b.project)
  if (a.project !== b.project && turns !== 0) return turns < 0
  return a.enqueuedMs < b.enqueuedMs || (a.enqueuedMs === b.enqueuedMs && a.task < b.task)
}

function fits({ kind, requires }: Fit, { kinds, labels }: Offer): boolean {
  return kinds.includes(kind) && requires.every((label) => labels.includes(label))
}

function fitKey({ kind, requires }: Fit): string {
  return [kind, ...requires].join('\n')
}

function laneOf(task: Task): string | undefined {
  const key = task.spec.concurrency?.key
  return key === undefined ? undefined : `${task.project}\n${key}`
}
