import type { RuntimeError } from '../runtime/errors.ts'
import { FORMATS } from '../runtime/shard/formats.ts'
import { listingRange } from '../runtime/shard/keys.ts'
import { decodeValue } from '../runtime/storage/format.ts'
import type { Store } from '../runtime/storage/store.ts'
import type { ListQuery, Subscription, TaskSummary, WatchFilter } from './fleet.ts'
import { cursorOf, fits, newestFirst, placeOf, type Place } from './listing.ts'
import { Recency } from './recency.ts'
import { summaryOf } from './summary.ts'
import { shardOfTask } from './task/task-id.ts'
import { ENDED, type Task, type TaskState } from './task/task.ts'

/** Ended tasks kept in memory beside the live ones, so that none is missing while its row moves to history. */
const ENDED_IN_MEMORY_MAX = 10_000
/** Entries of history read for one page: a filter that fits nothing else ends the page early. */
const HISTORY_READ_MAX = 20_000

export interface CatalogOptions {
  readonly cold: Store
}

export interface Page {
  readonly tasks: readonly TaskSummary[]
  readonly cursor?: string
}

type Watcher = { readonly filter: WatchFilter; readonly listener: (task: Task) => void }

/**
 * The tasks of the shards that this node leads, as lists and feeds show them: the newest change
 * first. Fed with committed changes only; may be a moment behind, never ahead.
 */
export class Catalog {
  readonly #options: CatalogOptions
  readonly #live = new Recency<Task>()
  readonly #ended = new Recency<Task>()
  readonly #counts = new Map<TaskState, number>()
  readonly #watchers = new Set<Watcher>()
  /** Shards that have anything in history. */
  readonly #historic = new Set<number>()

  constructor(options: CatalogOptions) {
    this.#options = options
  }

  get(id: string): Task | undefined {
    return this.#live.get(id) ?? this.#ended.get(id)
  }

  /** How many tasks have not ended, by state. */
  counts(): ReadonlyMap<TaskState, number> {
    return this.#counts
  }

  /** A task as it is now committed; `undefined` for one that was forgotten. */
  put(id: string, task: Task | undefined): void {
    if (!task) return this.#drop(id)
    this.#count(this.#live.get(id)?.state, -1)
    if (!ENDED.has(task.state)) this.#count(task.state, 1)
    if (ENDED.has(task.state)) {
      this.#live.delete(id)
      this.#ended.put(id, task)
      this.#trim()
    } else {
      this.#live.put(id, task)
    }
    for (const { filter, listener } of this.#watchers) if (wanted(filter, task)) listener(task)
  }

  #drop(id: string): void {
    this.#live.delete(id)
    this.#ended.delete(id)
  }

  #count(state: TaskState | undefined, by: 1 | -1): void {
    if (state) this.#counts.set(state, (this.#counts.get(state) ?? 0) + by)
  }

  /** The shard is not led here any more. */
  left(shard: number): void {
    const tasks = [...this.#live.newestFirst(), ...this.#ended.newestFirst()]
    for (const { id, state } of tasks) {
      if (shardOfTask(id) !== shard) continue
      if (this.#live.get(id)) this.#count(state, -1)
      this.#drop(id)
    }
  }

  #trim(): void {
    const oldest = this.#ended.size > ENDED_IN_MEMORY_MAX ? this.#ended.oldest() : undefined
    if (oldest) this.#ended.delete(oldest[0])
  }

  /** The shard has tasks in history that lists must look for. */
  hasHistory(shard: number): void {
    this.#historic.add(shard)
  }

  /** Newer changes than this call are told to `listener`, one call a change. */
  watch(filter: WatchFilter, listener: (task: Task) => void): Subscription {
    const watcher = { filter, listener }
    this.#watchers.add(watcher)
    return { close: () => void this.#watchers.delete(watcher) }
  }

  /**
   * One page, newest change first, then by id.
   *
   * @param shards whose history is looked through: all of them, or the one of a project.
   */
  list(
    query: ListQuery,
    shards: readonly number[],
    done: (page: Page | RuntimeError) => void,
  ): void {
    const after = query.cursor === undefined ? undefined : placeOf(query.cursor)
    const found = new Map<string, TaskSummary>()
    this.#collect(this.#live, query, after, found)
    this.#collect(this.#ended, query, after, found)
    const historic = shards.filter((shard) => this.#historic.has(shard))
    const next = (at: number): void => {
      const shard = historic[at]
      if (shard === undefined) return done(pageOf(found, query.limit))
      this.#read(shard, query, after, found, (error) => (error ? done(error) : next(at + 1)))
    }
    next(0)
  }

  #collect(
    tasks: Recency<Task>,
    query: ListQuery,
    after: Place | undefined,
    found: Map<string, TaskSummary>,
  ): void {
    let count = 0
    for (const task of tasks.newestFirst()) {
      if (count > query.limit) return
      if (after && !follows(task, after)) continue
      if (!fits(query, task.project, task.state, task.spec.labels)) continue
      found.set(task.id, summaryOf(task))
      count += 1
    }
  }

  #read(
    shard: number,
    query: ListQuery,
    after: Place | undefined,
    found: Map<string, TaskSummary>,
    done: (error?: RuntimeError) => void,
  ): void {
    let count = 0
    const range = { ...listingRange(shard, after?.updatedMs), limit: HISTORY_READ_MAX }
    const visit = (_key: string, value: Uint8Array): boolean => {
      const summary = decodeValue(FORMATS.summary, value) as TaskSummary
      const labels = summary.labels ?? []
      if (after && !follows(summary, after)) return true
      if (!fits(query, summary.project, summary.state, labels)) return true
      if (this.#live.get(summary.id)) return true // Older than what memory shows of it.
      if (!found.has(summary.id)) found.set(summary.id, summary)
      count += 1
      return count <= query.limit
    }
    this.#options.cold.scan(range, visit, done)
  }
}

function wanted(filter: WatchFilter, task: Task): boolean {
  if (filter.project !== undefined && filter.project !== task.project) return false
  return filter.ids === undefined || filter.ids.includes(task.id)
}

function pageOf(found: ReadonlyMap<string, TaskSummary>, limit: number): Page {
  const sorted = [...found.values()].sort(newestFirst)
  const tasks = sorted.slice(0, limit)
  const last = tasks.at(-1)
  return sorted.length > limit && last ? { tasks, cursor: cursorOf(last) } : { tasks }
}

function follows(task: Place, place: Place): boolean {
  return newestFirst(task, place) > 0
}
