import type { RuntimeError } from '../../runtime/errors.ts'
import { FORMATS } from '../../runtime/shard/formats.ts'
import { listingRange } from '../../runtime/shard/keys.ts'
import { decodeValue } from '../../runtime/storage/format.ts'
import type { Store } from '../../runtime/storage/store.ts'
import type { ListQuery, Subscription, TaskSummary, WatchFilter } from '../fleet.ts'
import { cursorOf, fits, newestFirst, placeOf, type Place } from './listing.ts'
import { summaryOf } from './summary.ts'
import type { TallyRow } from '../task/kinds.ts'
import { shardOfTask } from '../task/task-id.ts'
import { ENDED, type Task, type TaskState } from '../task/task.ts'
import { Timeline } from './timeline.ts'

/** Ended tasks kept in memory beside the live ones, so that none is missing while its row moves to history. */
const ENDED_IN_MEMORY_MAX = 10_000
/** Entries of history read for one page: a filter that fits few of them ends the page early. */
const HISTORY_READ_MAX = 20_000

export interface CatalogOptions {
  readonly cold: Pick<Store, 'scan'>
}

export interface Page {
  readonly tasks: readonly TaskSummary[]
  readonly cursor?: string
}

type Watcher = { readonly filter: WatchFilter; readonly listener: (task: Task) => void }
/** One page while it is gathered. */
interface Gathering {
  readonly query: ListQuery
  readonly after: Place | undefined
  readonly found: Map<string, TaskSummary>
  /** The newest place beyond which history was not read. */
  horizon: Place | undefined
}

/**
 * The tasks of the shards that this node leads, as lists and feeds show them: the newest change
 * first. Fed with committed changes only; may be a moment behind, never ahead.
 */
export class Catalog {
  readonly #options: CatalogOptions
  readonly #live = new Timeline<Task>()
  readonly #ended = new Timeline<Task>()
  /** By shard: how many tasks there are in each state, those in history too. */
  readonly #counts = new Map<number, Map<TaskState, number>>()
  readonly #watchers = new Set<Watcher>()

  constructor(options: CatalogOptions) {
    this.#options = options
  }

  get(id: string): Task | undefined {
    return this.#live.get(id) ?? this.#ended.get(id)
  }

  /** How many tasks there are, by state. */
  counts(): ReadonlyMap<TaskState, number> {
    const sums = new Map<TaskState, number>()
    for (const counts of this.#counts.values())
      for (const [state, count] of counts) sums.set(state, (sums.get(state) ?? 0) + count)
    return sums
  }

  /** From now on the shard is led here: its tasks that have not ended, and how many have. */
  led(shard: number, live: Iterable<Task>, ended: TallyRow): void {
    this.#counts.set(shard, new Map(Object.entries(ended) as [TaskState, number][]))
    for (const task of live) this.changed(task.id, undefined, task)
  }

  /** A committed change; `after` is `undefined` for a task that was forgotten. */
  changed(id: string, before: Task | undefined, after: Task | undefined): void {
    if (before) this.#count(id, before.state, -1)
    if (after) this.#count(id, after.state, 1)
    this.#live.delete(id)
    this.#ended.delete(id)
    if (!after) return
    if (ENDED.has(after.state)) this.#ended.put(after)
    else this.#live.put(after)
    this.#trim()
    for (const { filter, listener } of this.#watchers) if (wanted(filter, after)) listener(after)
  }

  #count(id: string, state: TaskState, by: 1 | -1): void {
    const shard = shardOfTask(id) ?? -1
    const counts = this.#counts.get(shard) ?? new Map<TaskState, number>()
    this.#counts.set(shard, counts.set(state, (counts.get(state) ?? 0) + by))
  }

  /** The shard is not led here any more. */
  left(shard: number): void {
    this.#counts.delete(shard)
    for (const timeline of [this.#live, this.#ended])
      for (const { id } of [...timeline.list()]) if (shardOfTask(id) === shard) timeline.delete(id)
  }

  #trim(): void {
    const { oldest } = this.#ended
    if (oldest && this.#ended.size > ENDED_IN_MEMORY_MAX) this.#ended.delete(oldest.id)
  }

  /** Newer changes than this call are told to `listener`, one call a change. */
  watch(filter: WatchFilter, listener: (task: Task) => void): Subscription {
    const watcher = { filter, listener }
    this.#watchers.add(watcher)
    return { close: () => void this.#watchers.delete(watcher) }
  }

  /**
   * One page, newest change first, then by id. A page may have fewer than were asked for, or none,
   * and a cursor all the same: then there is more to look through.
   *
   * @param shards whose history is looked through: all of them, or the one of a project.
   */
  list(
    query: ListQuery,
    shards: readonly number[],
    done: (page: Page | RuntimeError) => void,
  ): void {
    const after = query.cursor === undefined ? undefined : placeOf(query.cursor)
    const page: Gathering = { query, after, found: new Map(), horizon: undefined }
    this.#collect(this.#live, page)
    this.#collect(this.#ended, page)
    const historic = shards.filter((shard) => this.#hasHistory(shard))
    const readMax = Math.max(query.limit + 1, Math.floor(HISTORY_READ_MAX / historic.length))
    const next = (at: number): void => {
      const shard = historic[at]
      if (shard === undefined) return done(pageOf(page))
      this.#read(shard, page, readMax, (error) => (error ? done(error) : next(at + 1)))
    }
    next(0)
  }

  #hasHistory(shard: number): boolean {
    for (const state of this.#counts.get(shard)?.keys() ?? []) if (ENDED.has(state)) return true
    return false
  }

  #collect(tasks: Timeline<Task>, { query, after, found }: Gathering): void {
    let count = 0
    for (const task of tasks.list(after)) {
      if (count > query.limit) return
      if (!fits(query, task.project, task.state, task.spec.labels)) continue
      found.set(task.id, summaryOf(task))
      count += 1
    }
  }

  #read(
    shard: number,
    page: Gathering,
    readMax: number,
    done: (error?: RuntimeError) => void,
  ): void {
    const { query, after, found } = page
    let [read, count] = [0, 0]
    const visit = (_key: string, value: Uint8Array): boolean => {
      const summary = decodeValue(FORMATS.summary, value) as TaskSummary
      read += 1
      if (this.#adds(summary, page)) {
        found.set(summary.id, summary)
        count += 1
      }
      if (read === readMax) page.horizon = newer(page.horizon, summary)
      return read < readMax && count <= query.limit
    }
    this.#options.cold.scan(listingRange(shard, after?.updatedMs), visit, done)
  }

  /** Memory shows what is newer than history has it, and is asked first. */
  #adds(summary: TaskSummary, { query, after }: Gathering): boolean {
    if (after && newestFirst(summary, after) <= 0) return false
    if (!fits(query, summary.project, summary.state, summary.labels ?? [])) return false
    return (this.get(summary.id)?.updatedMs ?? summary.updatedMs) === summary.updatedMs
  }
}

function wanted(filter: WatchFilter, task: Task): boolean {
  if (filter.project !== undefined && filter.project !== task.project) return false
  return filter.ids === undefined || filter.ids.includes(task.id)
}

function newer(a: Place | undefined, b: Place): Place {
  return a && newestFirst(a, b) < 0 ? a : b
}

/** What is known to be whole: as much as was asked for, and nothing beyond the horizon. */
function pageOf({ query, found, horizon }: Gathering): Page {
  const sorted = [...found.values()]
    .filter((summary) => !horizon || newestFirst(summary, horizon) <= 0)
    .sort(newestFirst)
  const tasks = sorted.slice(0, query.limit)
  const end = sorted.length > query.limit ? tasks.at(-1) : horizon
  return end ? { tasks, cursor: cursorOf(end) } : { tasks }
}
