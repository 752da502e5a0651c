import type {
  ActRequest,
  BulkRequest,
  Fleet,
  FleetStatus,
  Following,
  ListQuery,
  OutputRequest,
  OutputSink,
  SubmitRequest,
  Submitted,
  WatchFilter,
} from '../../../actors/fleet.ts'
import { cursorOf, fits, newestFirst, placeOf } from '../../../actors/catalog/listing.ts'
import { summaryOf } from '../../../actors/catalog/summary.ts'
import { TASK_STATES, type Task, type TaskId, type TaskState } from '../../../actors/task/task.ts'
import type { TaskSpec } from '../../../actors/task/spec.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import type { Receipt, Verdict } from '../../../runtime/shard/machine.ts'

const STARTED_MS = 1_767_225_600_000

/** A fleet in memory: tasks wait until the test moves them, output is what the test says. */
export class MemoryFleet implements Fleet {
  readonly tasks = new Map<TaskId, Task>()
  readonly submitted: SubmitRequest[] = []
  readonly calls: unknown[] = []
  readonly outputs = new Map<TaskId, MemoryOutput>()
  readonly watchers = new Set<(task: Task) => void>()
  /** Thrown by the next call of anything. */
  failure: Error | undefined
  /** Answers wait for `release` while it is set. */
  held: (() => void)[] | undefined
  /** Why it takes no tasks. */
  reason: string | undefined
  readonly #byKey = new Map<string, Submitted>()
  #sequence = 0

  unready(): string | undefined {
    return this.reason
  }

  async submit(request: SubmitRequest): Promise<Submitted> {
    this.#maybeFail()
    if (this.held) await new Promise<void>((resolve) => this.held?.push(resolve))
    this.submitted.push(request)
    const before = this.#byKey.get(request.key)
    if (before) return { ...before, repeated: true }
    const ids = request.specs.map((spec, at) => this.add(spec, request, request.ids?.[at]))
    const receipt = { shard: 7, epoch: 1, index: ++this.#sequence, hash: 'ab'.repeat(32) }
    const answer = { ids, repeated: false, receipt, copies: 1 }
    this.#byKey.set(request.key, answer)
    return answer
  }

  add(spec: TaskSpec, { project, by }: Pick<SubmitRequest, 'project' | 'by'>, id?: TaskId): TaskId {
    const task = taskOf({ id: id ?? this.nextId(), project, by, spec, updatedMs: this.#nowMs() })
    this.tasks.set(task.id, task)
    this.#tell(task)
    return task.id
  }

  nextId(): TaskId {
    return `t07-${String(++this.#sequence).padStart(26, '0')}`
  }

  /** Changes a task, as the fleet itself would, and tells whoever watches. */
  change(id: TaskId, change: Partial<Task>): Task {
    const before = this.#find(id)
    const version = before.version + 1
    const task = { ...before, updatedMs: this.#nowMs(), ...change, version }
    this.tasks.set(id, task)
    this.#tell(task)
    return task
  }

  async task(id: TaskId): Promise<Task> {
    this.#maybeFail()
    return this.#find(id)
  }

  async explain(id: TaskId) {
    this.#maybeFail()
    const considered = [{ node: 'one', fits: false, why: 'no free slot' }]
    return { task: this.#find(id), why: 'waits for a slot', considered, ahead: 3 }
  }

  async list(query: ListQuery) {
    this.#maybeFail()
    this.calls.push(query)
    const place = query.cursor === undefined ? undefined : placeOf(query.cursor)
    const all = [...this.tasks.values()]
      .filter((task) => matches(task, query) && (!place || newestFirst(task, place) > 0))
      .sort(newestFirst)
    const tasks = all.slice(0, query.limit).map(summaryOf)
    const last = tasks.at(-1)
    return {
      tasks,
      ...(all.length > tasks.length && last && { cursor: cursorOf(last) }),
      counts: this.counts(),
      missing: [],
    }
  }

  /** Every change is a millisecond later than the one before. */
  #nowMs(): number {
    return STARTED_MS + ++this.#sequence
  }

  counts(): Record<TaskState, number> {
    const tasks = [...this.tasks.values()]
    const count = (state: TaskState) => tasks.filter((task) => task.state === state).length
    const counts = TASK_STATES.map((state) => [state, count(state)] as const)
    return Object.fromEntries(counts) as Record<TaskState, number>
  }

  async act(request: ActRequest): Promise<Task> {
    this.#maybeFail()
    this.calls.push(request)
    this.#find(request.id)
    switch (request.action) {
      case 'cancel':
        this.outputs.get(request.id)?.end()
        return this.change(request.id, { state: 'cancelled', reason: `by ${request.by}` })
      case 'prioritize': {
        const { spec } = this.#find(request.id)
        return this.change(request.id, { spec: { ...spec, priority: request.priority ?? 5 } })
      }
      case 'pause':
      case 'resume':
        return this.change(request.id, { paused: request.action === 'pause' })
      case 'retry':
        return this.change(request.id, { state: 'available', reason: 'retried' })
    }
  }

  async bulk(request: BulkRequest, progress: (changed: number) => void) {
    this.#maybeFail()
    this.calls.push(request)
    let changed = 0
    for (const task of [...this.tasks.values()]) {
      if (!matches(task, request.filter)) continue
      this.change(task.id, request.action === 'cancel' ? { state: 'cancelled' } : {})
      progress(++changed)
    }
    return { changed }
  }

  async pauseProject(project: string, paused: boolean, by: string): Promise<void> {
    this.#maybeFail()
    this.calls.push({ project, paused, by })
  }

  watch(filter: WatchFilter, listener: (task: Task) => void) {
    this.#maybeFail()
    const each = (task: Task): void => {
      if (filter.project !== undefined && task.project !== filter.project) return
      if (!filter.ids || filter.ids.includes(task.id)) listener(task)
    }
    this.watchers.add(each)
    return { close: () => void this.watchers.delete(each) }
  }

  output(request: OutputRequest, sink: OutputSink): Following {
    const output = this.outputs.get(request.id)
    const absent = new RuntimeError('NOT_FOUND', `Cannot find the task "${request.id}"`)
    const failure = this.failure ?? (output ? undefined : absent)
    this.failure = undefined
    if (output && !failure) return output.follow(request, sink)
    sink.failed(failure ?? absent)
    return { resume: () => undefined, close: () => undefined }
  }

  /** It has given those whose hash begins with `ab`, and nobody can say of the first ten. */
  async verify({ index, hash }: Receipt): Promise<Verdict> {
    this.#maybeFail()
    if (index <= 10) return 'unknown'
    return hash.startsWith('ab') ? 'true' : 'false'
  }

  async status(): Promise<FleetStatus> {
    this.#maybeFail()
    return statusOf(this.counts())
  }

  #find(id: TaskId): Task {
    const task = this.tasks.get(id)
    if (!task) throw new RuntimeError('NOT_FOUND', `Cannot find the task "${id}"`)
    return task
  }

  #tell(task: Task): void {
    for (const watcher of this.watchers) watcher(task)
  }

  #maybeFail(): void {
    const { failure } = this
    this.failure = undefined
    if (failure) throw failure
  }
}

/** Output that grows while it is followed. */
export class MemoryOutput {
  bytes = Buffer.alloc(0)
  readonly #open = new Set<() => void>()
  #ended = false
  #failure: RuntimeError | undefined
  /** Bytes handed over at once. */
  pieceBytes = 16 * 1024
  /** Bytes handed over to all followers. */
  handedBytes = 0

  append(text: string | Buffer): void {
    this.bytes = Buffer.concat([this.bytes, Buffer.from(text)])
    this.#pour()
  }

  end(): void {
    this.#ended = true
    this.#pour()
  }

  /** What comes after what there is cannot be read. */
  damage(): void {
    this.#failure = new RuntimeError('STORE_CORRUPT', 'Cannot read the blob "ab12": it is gone')
    this.end()
  }

  get followers(): number {
    return this.#open.size
  }

  follow({ fromOffset, follow }: OutputRequest, sink: OutputSink): Following {
    let at = fromOffset
    let room = true
    const pour = (): void => {
      while (room && at < this.bytes.length) {
        const piece = this.bytes.subarray(at, at + this.pieceBytes)
        at += piece.length
        this.handedBytes += piece.length
        room = sink.bytes(at - piece.length, piece)
      }
      if (!room || (follow && !this.#ended)) return
      this.#open.delete(pour)
      const ended = this.#ended ? { endedMs: 2 } : {}
      const attempt = { attempt: 1, store: 's1', boot: 1, node: 'one', assignedMs: 1, ...ended }
      if (this.#failure) sink.failed(this.#failure)
      else sink.end(attempt)
    }
    this.#open.add(pour)
    pour()
    return {
      resume() {
        room = true
        pour()
      },
      close: () => void this.#open.delete(pour),
    }
  }

  #pour(): void {
    for (const pour of [...this.#open]) pour()
  }
}

export function specOf(spec: Partial<TaskSpec> = {}): TaskSpec {
  return {
    kind: 'shell',
    title: 'echo hi',
    argv: ['echo', 'hi'],
    env: {},
    priority: 5,
    labels: [],
    requires: [],
    after: [],
    timeouts: { scheduleToStartMs: 86_400_000, startToCloseMs: 7_200_000, totalMs: 604_800_000 },
    retry: { max: 3, onExit: false, baseMs: 15_000, factor: 2, capMs: 900_000, jitter: 0.1 },
    onLost: 'retry',
    metadata: {},
    terminal: { cols: 120, rows: 40 },
    outputBytesMax: 67_108_864,
    ...spec,
  }
}

export function taskOf(task: Partial<Task> = {}): Task {
  return {
    id: 't07-00000000000000000000000001',
    project: 'default',
    spec: specOf(),
    by: 'local',
    state: 'available',
    reason: 'waits for a slot',
    createdMs: STARTED_MS,
    updatedMs: STARTED_MS,
    enqueuedMs: STARTED_MS,
    version: 1,
    totalDueMs: 1_767_830_400_000,
    dependencies: [],
    dependents: [],
    paused: false,
    cancelling: false,
    attempt: 0,
    attempts: [],
    retriesUsed: 0,
    ...task,
  }
}

function matches({ project, state, spec }: Task, filter: Parameters<typeof fits>[0]): boolean {
  return fits(filter, project, state, spec.labels)
}

export function statusOf(counts: Record<TaskState, number>): FleetStatus {
  return {
    version: '0.1.0',
    clusterId: 'c1',
    node: 'one',
    storeId: 's1',
    boot: 1,
    upMs: 61_000,
    nodes: [
      {
        node: 'one',
        storeId: 's1',
        status: 'alive',
        labels: ['zone=eu'],
        slots: 4,
        busy: 1,
        cpuPercent: 12.5,
        memoryBytes: 1_000_000,
        memoryTotalBytes: 8_000_000_000,
        diskFreeBytes: 50_000_000_000,
        loopLagMs: 1.5,
      },
    ],
    counts,
    shards: { total: 64, active: 64, copies: 1 },
    health: [
      { component: 'store', level: 'ok', message: 'writes in 2 ms' },
      { component: 'copies', level: 'warning', message: 'one copy', fix: 'add two nodes' },
    ],
    addresses: { console: '127.0.0.1:8080', admin: '127.0.0.1:8081' },
  }
}
