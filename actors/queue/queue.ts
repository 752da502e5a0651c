import { runs } from '../task/fold.ts'
import { ENDED, type Task } from '../task/task.ts'
import { Lane, type Berth, type Lines } from './lane.ts'
import { before, Line, type Place } from './line.ts'
import { effectivePriority } from './priority.ts'

const PRIORITIES = 11

/** What a slot offers: only tasks that it fits are its. */
export interface Offer {
  readonly kinds: readonly string[]
  readonly labels: readonly string[]
}

export interface Candidate extends Place {
  readonly project: string
  readonly effective: number
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

/** A line of a section that may not be there yet. */
type Spot = {
  readonly section: string
  readonly project: string
  readonly fit: Fit
  readonly priority: number
}

/**
 * The order in which a shard's tasks get slots. An index over rows: it is told of every change and
 * holds nothing that the rows do not.
 */
export class Queue {
  readonly #sections = new Map<string, Section>()
  /** Those that could be given a slot, in a full lane too. */
  readonly #waiting = new Map<string, Task>()
  /** How many of each project are yet to run. */
  readonly #pending = new Map<string, number>()
  readonly #pausedProjects = new Set<string>()
  readonly #lanes = new Map<string, Lane<Spot>>()
  readonly #lines: Lines<Spot> = {
    stand: (spot, place) => this.#stand(spot, place),
    leave: (spot, id) => this.#leave(spot, id),
  }

  changed(before: Task | undefined, after: Task | undefined): void {
    if (before && after && keepsPlace(before, after)) return
    if (before) this.#without(before)
    if (after) this.#with(after)
  }

  #without(task: Task): void {
    if (pends(task)) this.#count(task.project, -1)
    if (waits(task)) this.#remove(task)
    if (runs(task)) this.#move(task, -1)
  }

  #with(task: Task): void {
    if (runs(task)) this.#move(task, 1)
    if (pends(task)) this.#count(task.project, 1)
    if (waits(task)) this.#add(task)
  }

  /** Nothing waits that could be given a slot. */
  get empty(): boolean {
    return this.#sections.size === 0
  }

  /** How many tasks of the project are yet to run: for want of a slot, a moment, a task or a person. */
  pendingCount(project: string): number {
    return this.#pending.get(project) ?? 0
  }

  /** Projects with so many of them, or more. */
  projectsFrom(count: number): readonly string[] {
    return [...this.#pending].flatMap(([project, each]) => (each >= count ? [project] : []))
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

  /** How many tasks of its project would get a slot before it. Looks at every task that waits. */
  ahead(task: Task, nowMs: number): number {
    const own = candidateOf(task, nowMs)
    let count = 0
    for (const other of this.#waiting.values()) {
      if (other.project !== task.project || this.heldBy(other) !== undefined) continue
      if (isBefore(candidateOf(other, nowMs), own)) count += 1
    }
    return count
  }

  /** The concurrency key of which as many run as may when this task starts. */
  heldBy({ project, spec: { concurrency } }: Task): string | undefined {
    if (!concurrency) return undefined
    const running = this.#lanes.get(laneKey(project, concurrency.key))?.running ?? 0
    return running >= concurrency.max ? concurrency.key : undefined
  }

  #count(project: string, by: 1 | -1): void {
    const count = this.pendingCount(project) + by
    if (count === 0) this.#pending.delete(project)
    else this.#pending.set(project, count)
  }

  #add(task: Task): void {
    this.#waiting.set(task.id, task)
    const { id, enqueuedMs, spec } = task
    const spot = spotOf(task)
    if (!spec.concurrency) return this.#stand(spot, { id, enqueuedMs })
    this.#inLane(task, (lane) => lane.add(berthOf(spot, spec.concurrency?.max), { id, enqueuedMs }))
  }

  #remove(task: Task): void {
    this.#waiting.delete(task.id)
    const { id, spec } = task
    const spot = spotOf(task)
    if (!spec.concurrency) return this.#leave(spot, id)
    this.#inLane(task, (lane) => lane.remove(berthOf(spot, spec.concurrency?.max), id))
  }

  #move(task: Task, by: 1 | -1): void {
    if (task.spec.concurrency) this.#inLane(task, (lane) => lane.move(by))
  }

  /** Lanes are there while anybody runs or waits in them. */
  #inLane({ project, spec }: Task, act: (lane: Lane<Spot>) => void): void {
    const key = laneKey(project, spec.concurrency?.key ?? '')
    const lane = this.#lanes.get(key) ?? new Lane(this.#lines)
    act(lane)
    if (lane.empty) this.#lanes.delete(key)
    else this.#lanes.set(key, lane)
  }

  #stand({ section: key, project, fit, priority }: Spot, place: Place): void {
    const lines = (): Line[] => Array.from({ length: PRIORITIES }, () => new Line())
    const section = this.#sections.get(key) ?? { project, fit, lines: lines() }
    this.#sections.set(key, section)
    section.lines[priority]?.add(place)
  }

  #leave({ section: key, priority }: Spot, id: string): void {
    const section = this.#sections.get(key)
    section?.lines[priority]?.remove(id)
    if (section?.lines.every((line) => line.size === 0)) this.#sections.delete(key)
  }
}

function waits(task: Task): boolean {
  return task.state === 'available' && !task.paused
}

function pends(task: Task): boolean {
  return !ENDED.has(task.state) && !runs(task)
}

/** Most events of a task that runs or waits do not concern the order. */
function keepsPlace(before: Task, after: Task): boolean {
  if (runs(before) || runs(after)) return runs(before) && runs(after)
  if (waits(before) !== waits(after) || pends(before) !== pends(after)) return false
  return before.spec === after.spec && before.enqueuedMs === after.enqueuedMs
}

function headOf({ lines, project }: Section, nowMs: number): Candidate | undefined {
  let best: Candidate | undefined
  for (const [priority, line] of lines.entries()) {
    const place = line.head()
    if (!place) continue
    const effective = effectivePriority(priority, nowMs - place.enqueuedMs)
    const head = { ...place, project, effective }
    if (!best || isBefore(head, best)) best = head
  }
  return best
}

function candidateOf({ id, project, spec, enqueuedMs }: Task, nowMs: number): Candidate {
  return {
    id,
    project,
    enqueuedMs,
    effective: effectivePriority(spec.priority, nowMs - enqueuedMs),
  }
}

/** Within one project: higher priority, then first come. */
function isBefore(a: Candidate, b: Candidate): boolean {
  return a.effective === b.effective ? before(a, b) : a.effective > b.effective
}

/** Higher priority, then the project whose turn it is, then first come. */
export function goesFirst(
  a: Candidate,
  b: Candidate,
  turnOf: (project: string) => number,
): boolean {
  const turns = a.effective === b.effective ? turnOf(a.project) - turnOf(b.project) : 0
  return turns === 0 ? isBefore(a, b) : turns < 0
}

function fits({ kind, requires }: Fit, { kinds, labels }: Offer): boolean {
  return kinds.includes(kind) && requires.every((label) => labels.includes(label))
}

function fitKey({ kind, requires }: Fit): string {
  return [kind, ...requires].join('\n')
}

function spotOf({ project, spec: { kind, requires, priority } }: Task): Spot {
  const fit = { kind, requires: requires.toSorted() }
  return { section: `${project}\n${fitKey(fit)}`, project, fit, priority }
}

function berthOf(spot: Spot, max = Infinity): Berth<Spot> {
  return { key: `${max} ${spot.priority} ${spot.section}`, spot, max }
}

function laneKey(project: string, key: string): string {
  return `${project}\n${key}`
}
