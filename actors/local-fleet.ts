import { RuntimeError } from '../runtime/errors.ts'
import type { Histogram } from '../runtime/histogram.ts'
import type { Clock } from '../runtime/scheduling/clock.ts'
import type { Random } from '../runtime/scheduling/random.ts'
import { ulid } from '../runtime/scheduling/ulid.ts'
import { SHARD_COUNT } from '../runtime/authority/topology.ts'
import type { Receipt, Shards, Verdict } from '../runtime/shard/machine.ts'
import type { Blobs } from '../runtime/storage/blobs/blobs.ts'
import { pack } from '../runtime/storage/codec.ts'
import type { Space } from '../runtime/storage/space/space.ts'
import { askShard, unexpected, type Asked } from './ask-shard.ts'
import { AttemptOutput } from './output/attempt-output.ts'
import { bulk } from './bulk.ts'
import type { Catalog, Page } from './catalog/catalog.ts'
import { explain } from './explanation.ts'
import type {
  ActRequest,
  BulkRequest,
  Explanation,
  Fleet,
  FleetStatus,
  Following,
  ListQuery,
  OutputRequest,
  OutputSink,
  SubmitRequest,
  Submitted,
  Subscription,
  TaskPage,
  WatchFilter,
} from './fleet.ts'
import { PASSING, type Command } from './task/command.ts'
import type { TaskSpec } from './task/spec.ts'
import { QUEUE_LIMITS } from './task/limits.ts'
import { parseProject } from './task/parse-spec.ts'
import type { LedTasks } from './tasks-machine/led-tasks.ts'
import { shownTask } from './task/shown.ts'
import { shardOfProject, shardOfTask, taskIdOf } from './task/task-id.ts'
import { TASK_STATES, type Task, type TaskState } from './task/task.ts'
import type { Terminals } from './terminals.ts'

/** When to ask again while the disk is full. Unit: ms. */
const FULL_MS = 5_000

export interface LocalFleetOptions {
  readonly clock: Clock
  readonly random: Random
  readonly shards: Shards<Command>
  readonly catalog: Catalog
  readonly terminals: Terminals
  readonly blobs: Blobs
  readonly space: Space
  /** Told how long each submit took. */
  readonly acknowledged: Histogram
  /** The shards that this node leads. */
  led(): ReadonlyMap<number, LedTasks>
  /** SHA-256, hex. */
  digest(bytes: Uint8Array): string
  /** Real copies of a shard. */
  copies(shard: number): number
  /** True when no node there is has this directory; a node that cannot tell says false. */
  lacks(directory: string): Promise<boolean>
  status(counts: Readonly<Record<TaskState, number>>): Promise<FleetStatus>
  /** Why this node takes no tasks now. */
  unready(): string | undefined
}

/** The fleet as the doors of this node see it. */
export class LocalFleet implements Fleet {
  readonly #options: LocalFleetOptions

  constructor(options: LocalFleetOptions) {
    this.#options = options
  }

  async submit(request: SubmitRequest): Promise<Submitted> {
    const { clock, random, copies, digest, acknowledged } = this.#options
    const sinceMs = clock.monotonicMs()
    const { project, specs, key, by } = request
    checkBatch(specs.length)
    const shard = shardOfProject(project)
    const ids = request.ids ?? specs.map(() => taskIdOf(shard, ulid(clock.wallMs(), random)))
    checkIds(ids, specs.length, shard)
    if (request.try === 1) await this.#checkPlaces(specs)
    const tasks = specs.map((spec, at) => ({ id: ids[at] ?? '', spec }))
    const body = digest(pack([project, request.ids ?? null, specs]))
    const absent = await this.#absent(shard, specs)
    const command = {
      type: 'submit',
      project,
      tasks,
      key,
      try: request.try,
      absent,
      digest: body,
      by,
    } as const
    const { reply, at } = await this.#ask(shard, command, request.deadlineMs).catch((error) => {
      throw inDoubt(error, request.try)
    })
    if (reply.type !== 'submitted') throw unexpected(reply)
    acknowledged.add(clock.monotonicMs() - sinceMs)
    return { ids: reply.ids, repeated: reply.repeated, receipt: at, copies: copies(shard) }
  }

  /** Of the tasks in other shards that these wait for: those that are not there. */
  async #absent(shard: number, specs: readonly TaskSpec[]): Promise<readonly string[]> {
    const needed = specs.flatMap(({ after }) => after).filter((id) => shardOf(id) !== shard)
    const looks = [...new Set(needed)].map((id) =>
      this.task(id).then(
        () => [],
        (error: unknown) => {
          if (error instanceof RuntimeError && error.code === 'NOT_FOUND') return [id]
          throw error
        },
      ),
    )
    return (await Promise.all(looks)).flat()
  }

  /**
   * A directory that is nowhere is told at once, and not by a failed task: unless the task waits for
   * something that may make it, and not on a repeated try, whose first may have been committed.
   */
  async #checkPlaces(specs: readonly TaskSpec[]): Promise<void> {
    const now = specs.filter(({ after, notBeforeMs }) => after.length === 0 && !notBeforeMs)
    for (const directory of new Set(now.map(({ workdir }) => workdir))) {
      if (directory === undefined || !(await this.#options.lacks(directory))) continue
      const message = `Cannot take the task: workdir: there is no directory "${directory}"`
      throw new RuntimeError('INVALID_ARGUMENT', message, { details: { field: 'workdir' } })
    }
  }

  async task(id: string): Promise<Task> {
    const { reply } = await this.#ask(shardOf(id), { type: 'get', task: id })
    if (reply.type !== 'task') throw unexpected(reply)
    return shownTask(reply.task)
  }

  async explain(id: string): Promise<Explanation> {
    const task = await this.task(id)
    const { nodes } = await this.status()
    return explain(task, this.#options.led().get(shardOf(id)), nodes)
  }

  async list(query: ListQuery): Promise<TaskPage> {
    const shards = shardsOf(query.project)
    const { catalog } = this.#options
    const page = await new Promise<Page>((resolve, reject) => {
      catalog.list(query, shards, (result) =>
        result instanceof Error ? reject(result) : resolve(result),
      )
    })
    const missing = shards.filter((shard) => !this.#options.led().has(shard))
    return { ...page, counts: this.counts(), missing }
  }

  async act({ action, id, by, priority }: ActRequest): Promise<Task> {
    this.#checkSpace(action)
    if (action === 'retry') return this.task((await this.#retry(id, by)).id)
    if (action === 'prioritize')
      await this.#ask(shardOf(id), { type: action, task: id, priority: priorityOf(priority), by })
    else await this.#ask(shardOf(id), { type: action, task: id, by })
    return this.task(id)
  }

  async #retry(
    task: string,
    by: string,
  ): Promise<{ readonly id: string; readonly repeated: boolean }> {
    const shard = shardOf(task)
    const id = taskIdOf(shard, ulid(this.#options.clock.wallMs(), this.#options.random))
    const { reply } = await this.#ask(shard, { type: 'retry', task, by, id })
    if (reply.type !== 'submitted') throw unexpected(reply)
    return { id: reply.ids[0] ?? id, repeated: reply.repeated }
  }

  async bulk(
    request: BulkRequest,
    progress: (changed: number) => void,
  ): Promise<{ readonly changed: number }> {
    this.#checkSpace(request.action)
    const ports = {
      ...this.#options,
      list: (query: ListQuery) => this.list(query),
      retry: async (id: string, by: string) => !(await this.#retry(id, by)).repeated,
    }
    return bulk(ports, shardsOf(request.filter.project), request, progress)
  }

  async pauseProject(project: string, paused: boolean, by: string): Promise<void> {
    const type = paused ? 'pauseProject' : 'resumeProject'
    this.#checkSpace(paused ? 'pause' : 'resume')
    await this.#ask(shardOfProject(parseProject(project)), { type, project, by })
  }

  /** A full disk holds up every change but one: to cancel is what may free it. */
  #checkSpace(action: ActRequest['action']): void {
    const { full } = this.#options.space
    if (full === undefined || action === 'cancel') return
    throw new RuntimeError('STORE_FULL', `Cannot ${action}: ${full}`, { retryAfterMs: FULL_MS })
  }

  watch(filter: WatchFilter, listener: (task: Task) => void): Subscription {
    return this.#options.catalog.watch(filter, (task) => listener(shownTask(task)))
  }

  output(request: OutputRequest, sink: OutputSink): Following {
    let output: AttemptOutput | undefined
    let closed = false
    const { id, fromOffset, follow } = request
    this.task(id).then(
      (task) => {
        if (closed) return
        const attempt = request.attempt ?? task.attempt
        output = new AttemptOutput(this.#options, { task, attempt, fromOffset, follow }, sink)
      },
      (failure: Error) => {
        if (!closed) sink.failed(failure)
      },
    )
    return {
      resume: () => output?.resume(),
      close: () => {
        closed = true
        output?.close()
      },
    }
  }

  verify(receipt: Receipt): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      this.#options.shards.verify(receipt, (verdict) =>
        verdict instanceof Error ? reject(verdict) : resolve(verdict),
      )
    })
  }

  status(): Promise<FleetStatus> {
    return this.#options.status(this.counts())
  }

  unready(): string | undefined {
    return this.#options.unready()
  }

  counts(): Readonly<Record<TaskState, number>> {
    const counts = Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<
      TaskState,
      number
    >
    for (const [state, count] of this.#options.catalog.counts()) counts[state] += count
    return counts
  }

  #ask(shard: number, command: Command, deadlineMs?: number): Promise<Asked> {
    return askShard(this.#options, shard, command, deadlineMs)
  }
}

const EVERY_SHARD: readonly number[] = Array.from({ length: SHARD_COUNT }, (_, shard) => shard)

/** Where the tasks of a project are, or of all. */
function shardsOf(project: string | undefined): readonly number[] {
  return project === undefined ? EVERY_SHARD : [shardOfProject(project)]
}

function shardOf(id: string): number {
  const shard = shardOfTask(id)
  if (shard !== undefined) return shard
  throw new RuntimeError(
    'INVALID_ARGUMENT',
    `Cannot find the task "${id}": that is no task id, such as t07-01J…`,
  )
}

/** That there is no room says nothing of an earlier try: it may have been taken. */
function inDoubt(error: unknown, tries: number): unknown {
  const passing = error instanceof RuntimeError && PASSING.has(error.code)
  if (!passing || tries === 1) return error
  const message = `Cannot say what became of an earlier try: ${error.message}`
  return new RuntimeError('UNAVAILABLE', message, {
    cause: error,
    details: { outcome: 'unknown' },
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  })
}

function checkBatch(count: number): void {
  if (count >= 1 && count <= QUEUE_LIMITS.batch) return
  const message = `Cannot submit ${count} tasks at once: a batch has 1 to ${QUEUE_LIMITS.batch}`
  throw new RuntimeError('INVALID_ARGUMENT', message, { details: { limit: QUEUE_LIMITS.batch } })
}

function checkIds(ids: readonly string[], count: number, shard: number): void {
  if (ids.length === count && ids.every((id) => shardOfTask(id) === shard)) return
  const message = `Cannot submit: each task needs an id of its project's shard, as t${String(shard).padStart(2, '0')}-…`
  throw new RuntimeError('INVALID_ARGUMENT', message)
}

function priorityOf(priority: number | undefined): number {
  if (priority !== undefined && Number.isInteger(priority) && priority >= 0 && priority <= 10)
    return priority
  throw new RuntimeError(
    'INVALID_ARGUMENT',
    `Cannot set the priority ${priority ?? 'nothing'}: it is a whole number from 0 to 10, 10 first`,
  )
}
