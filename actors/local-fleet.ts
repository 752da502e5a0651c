import { RuntimeError } from '../runtime/errors.ts'
import type { Clock } from '../runtime/scheduling/clock.ts'
import type { Random } from '../runtime/scheduling/random.ts'
import { ulid } from '../runtime/scheduling/ulid.ts'
import { SHARD_COUNT } from '../runtime/authority/topology.ts'
import type { Answered, Shards } from '../runtime/shard/machine.ts'
import { pack } from '../runtime/storage/codec.ts'
import { AttemptOutput } from './attempt-output.ts'
import type { Catalog, Page } from './catalog.ts'
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
import type { Command, Reply } from './task/command.ts'
import type { TaskSpec } from './task/spec.ts'
import { QUEUE_LIMITS } from './task/limits.ts'
import { parseProject } from './task/parse-spec.ts'
import type { LedTasks } from './tasks-machine/led-tasks.ts'
import { shardOfProject, shardOfTask, taskIdOf } from './task/task-id.ts'
import { TASK_STATES, type Task, type TaskState } from './task/task.ts'
import type { Terminals } from './terminals.ts'

/** A command not committed by then has an unknown outcome. Unit: ms. */
const COMMAND_MS = 3_000

export interface LocalFleetOptions {
  readonly clock: Clock
  readonly random: Random
  readonly shards: Shards<Command>
  readonly catalog: Catalog
  readonly terminals: Terminals
  /** The shards that this node leads. */
  led(): ReadonlyMap<number, LedTasks>
  /** SHA-256, hex. */
  digest(bytes: Uint8Array): string
  /** Real copies of a shard. */
  copies(shard: number): number
  /** True when no node there is has this directory; a node that cannot tell says false. */
  lacks(directory: string): Promise<boolean>
  status(counts: Readonly<Record<TaskState, number>>): Promise<FleetStatus>
}

/** The fleet as the doors of this node see it. */
export class LocalFleet implements Fleet {
  readonly #options: LocalFleetOptions

  constructor(options: LocalFleetOptions) {
    this.#options = options
  }

  async submit(request: SubmitRequest): Promise<Submitted> {
    const { clock, random, copies, digest } = this.#options
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
    const { reply, at } = await this.#ask(shard, command, request.deadlineMs)
    if (reply.type !== 'submitted') throw unexpected(reply)
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
    return reply.task
  }

  async explain(id: string): Promise<Explanation> {
    const task = await this.task(id)
    const { nodes } = await this.status()
    return explain(task, this.#options.led().get(shardOf(id)), nodes)
  }

  async list(query: ListQuery): Promise<TaskPage> {
    const shards = query.project === undefined ? EVERY_SHARD : [shardOfProject(query.project)]
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
    const shard = shardOf(id)
    if (action === 'retry') {
      const fresh = taskIdOf(shard, ulid(this.#options.clock.wallMs(), this.#options.random))
      const { reply } = await this.#ask(shard, { type: 'retry', task: id, by, id: fresh })
      return this.task(reply.type === 'submitted' ? (reply.ids[0] ?? id) : id)
    }
    if (action === 'prioritize')
      await this.#ask(shard, { type: action, task: id, priority: priorityOf(priority), by })
    else await this.#ask(shard, { type: action, task: id, by })
    return this.task(id)
  }

  async bulk(
    request: BulkRequest,
    progress: (changed: number) => void,
  ): Promise<{ readonly changed: number }> {
    if (request.action === 'retry') return this.#retryAll(request, progress)
    const { action, filter, by } = request
    let changed = 0
    for (const shard of filter.project === undefined
      ? EVERY_SHARD
      : [shardOfProject(filter.project)]) {
      for (let more = true; more; ) {
        const { reply } = await this.#ask(shard, { type: 'bulk', action, filter, by })
        more = reply.type === 'bulk' && reply.more
        changed += reply.type === 'bulk' ? reply.changed : 0
        if (reply.type === 'bulk' && reply.changed > 0) progress(changed)
      }
    }
    return { changed }
  }

  /** Ended tasks are in history: found by listing, each retried by itself. */
  async #retryAll(
    { filter, by }: BulkRequest,
    progress: (changed: number) => void,
  ): Promise<{ readonly changed: number }> {
    const ids: string[] = []
    const query = {
      ...filter,
      states: filter.states ?? (['failed', 'discarded', 'expired'] as const),
      limit: 200,
    }
    for (
      let cursor: string | undefined, first = true;
      first || cursor !== undefined;
      first = false
    ) {
      const page = await this.list({ ...query, ...(cursor === undefined ? {} : { cursor }) })
      for (const { id } of page.tasks) ids.push(id)
      cursor = page.cursor
    }
    for (const [at, id] of ids.entries()) {
      await this.act({ action: 'retry', id, by })
      progress(at + 1)
    }
    return { changed: ids.length }
  }

  async pauseProject(project: string, paused: boolean, by: string): Promise<void> {
    const type = paused ? 'pauseProject' : 'resumeProject'
    await this.#ask(shardOfProject(parseProject(project)), { type, project, by })
  }

  watch(filter: WatchFilter, listener: (task: Task) => void): Subscription {
    return this.#options.catalog.watch(filter, listener)
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
      () => sink.end(undefined),
    )
    return {
      resume: () => output?.resume(),
      close: () => {
        closed = true
        output?.close()
      },
    }
  }

  status(): Promise<FleetStatus> {
    return this.#options.status(this.counts())
  }

  counts(): Readonly<Record<TaskState, number>> {
    const counts = Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<
      TaskState,
      number
    >
    for (const [state, count] of this.#options.catalog.counts()) counts[state] += count
    return counts
  }

  /** Asks again while nobody leads the shard, until the deadline. Refusals are thrown. */
  #ask(
    shard: number,
    command: Command,
    deadlineMs?: number,
  ): Promise<{ readonly reply: Reply; readonly at: Answered['at'] }> {
    const { clock, shards } = this.#options
    const untilMs = deadlineMs ?? clock.monotonicMs() + COMMAND_MS
    return new Promise((resolve, reject) => {
      const attempt = (): void =>
        shards.command(shard, command, untilMs, (result) => {
          if (!(result instanceof Error)) {
            const reply = result.reply as Reply
            if (reply.type === 'refused') reject(refusalOf(reply))
            else resolve({ reply, at: result.at })
            return
          }
          const waitMs = result.retryAfterMs ?? COMMAND_MS
          const again = result.code === 'NOT_LEADER' && clock.monotonicMs() + waitMs < untilMs
          if (again) clock.after(waitMs, attempt)
          else reject(result)
        })
      attempt()
    })
  }
}

const EVERY_SHARD: readonly number[] = Array.from({ length: SHARD_COUNT }, (_, shard) => shard)

function shardOf(id: string): number {
  const shard = shardOfTask(id)
  if (shard !== undefined) return shard
  throw new RuntimeError(
    'INVALID_ARGUMENT',
    `Cannot find the task "${id}": that is no task id, such as t07-01J…`,
  )
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

function refusalOf({
  code,
  message,
  retryAfterMs,
}: Extract<Reply, { type: 'refused' }>): RuntimeError {
  return new RuntimeError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs })
}

function unexpected(reply: Reply): RuntimeError {
  return new RuntimeError('FAILED_PRECONDITION', `Cannot go on: the shard answered "${reply.type}"`)
}
