import type { Candidate, Offer } from '../../../actors/queue/queue.ts'
import type { Command, Refusal, Reply, SubmitCommand } from '../../../actors/task/command.ts'
import { KINDS } from '../../../actors/task/kinds.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import { shardOfProject } from '../../../actors/task/task-id.ts'
import { ENDED, type Outcome, type Task } from '../../../actors/task/task.ts'
import type { LedTasks } from '../../../actors/tasks-machine/led-tasks.ts'
import { tasksMachine } from '../../../actors/tasks-machine/tasks-machine.ts'
import { assert } from '../../../runtime/errors.ts'
import { seededRandom, type Random } from '../../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import type { Change, Event, Leading, Shard } from '../../../runtime/shard/machine.ts'
import { SimulatedSpace } from '../../../runtime/storage/space/space.ts'
import { idOf } from '../task-of.ts'

export const PROJECT = 'p'
const OFFER: Offer = { kinds: ['shell'], labels: [] }

export interface ShardOptions {
  readonly random?: Random
  /** Rows that are there before the shard is led: from a shard of before. */
  readonly rows?: ReadonlyMap<string, Map<string, unknown>>
  readonly clock?: VirtualClock
}

/** The shard of one project without a log: what is decided is true at once, and nobody runs anything. */
export class TaskShard implements Shard<Command> {
  readonly shard = shardOfProject(PROJECT)
  readonly epoch = 1
  readonly clock: VirtualClock
  readonly rowsOf: Map<string, Map<string, unknown>>
  /** Of the newest decision. */
  events: readonly Event[] = []
  /** As when the tail is at its bound. */
  full = false
  readonly #leading: Leading<Command>
  #led: LedTasks | undefined
  #count = 0

  constructor({ random = seededRandom(1), rows, clock }: ShardOptions = {}) {
    this.clock = clock ?? new VirtualClock()
    this.rowsOf = new Map(rows ?? Object.keys(KINDS).map((kind) => [kind, new Map()]))
    const listener = {
      led: (tasks: LedTasks) => void (this.#led = tasks),
      left: () => undefined,
      changed: () => undefined,
      overran: () => undefined,
      reordered: () => undefined,
    }
    const space = new SimulatedSpace()
    this.#leading = tasksMachine({ clock: this.clock, random, space, listener }).lead(this)
  }

  get led(): LedTasks {
    assert(this.#led, 'the shard is led')
    return this.#led
  }

  /** Another leader takes over. */
  succeeded(): TaskShard {
    this.#leading.stop()
    return new TaskShard({ rows: this.rowsOf, clock: this.clock })
  }

  loaded(kind: string, id: string): unknown {
    const row = this.row(kind, id) as Task | undefined
    return kind === 'task' && row && ENDED.has(row.state) ? undefined : row
  }

  row(kind: string, id: string): unknown {
    return this.rowsOf.get(kind)?.get(id)
  }

  *rows(kind: string): Generator<readonly [string, unknown]> {
    const { finished } = KINDS[kind] ?? {}
    for (const [id, row] of this.rowsOf.get(kind) ?? []) if (!finished?.(row)) yield [id, row]
  }

  wallMs(): number {
    return this.clock.wallMs()
  }

  propose(command: Command): boolean {
    if (!this.full) this.ask(command)
    return !this.full
  }

  ask(command: Command): Reply {
    const stamp = { wallMs: this.clock.wallMs(), epoch: 1, index: ++this.#count }
    const { events, reply } = this.#leading.decide(command, stamp)
    this.events = events
    const changes = events.map((event) => this.#fold(event))
    this.#leading.decided(changes)
    this.#leading.committed(changes, { shard: this.shard, epoch: 1, index: this.#count })
    return reply as Reply
  }

  #fold(event: Event): Change {
    const { kind, id } = event
    const before = this.row(kind, id)
    const after = KINDS[kind]?.fold(before, event)
    if (after === undefined) this.rowsOf.get(kind)?.delete(id)
    else this.rowsOf.get(kind)?.set(id, after)
    return { kind, id, before, after, event }
  }

  /** What the newest decision recorded, in short. */
  recorded(): string[] {
    return this.events.map(({ kind, type }) => `${kind} ${type}`)
  }

  nextId(): string {
    return idOf(++this.#count, PROJECT)
  }

  /** One request of some specs, as a client sends it. */
  request(specs: readonly object[], more: Partial<SubmitCommand> = {}): SubmitCommand {
    const tasks = specs.map((spec) => ({
      id: this.nextId(),
      spec: parseSpec({ argv: ['work'], ...spec }),
    }))
    const key = `k${++this.#count}`
    return {
      ...{ type: 'submit', project: PROJECT, tasks, key, try: 1, digest: key, by: 'ann' },
      ...more,
    }
  }

  submit(spec: object = {}): string {
    return this.submitAll(spec)[0] ?? ''
  }

  submitAll(...specs: readonly object[]): readonly string[] {
    const reply = this.ask(this.request(specs))
    assert(reply.type === 'submitted', JSON.stringify(reply))
    return reply.ids
  }

  task(id: string): Task {
    const task = this.row('task', id)
    assert(task, `there is a task ${id}`)
    return task as Task
  }

  state(id: string): string {
    return this.task(id).state
  }

  assign(id: string, node = 'n1'): Reply {
    const { version } = this.task(id)
    return this.ask({ type: 'assign', task: id, version, store: 's1', boot: 1, node })
  }

  /** Its next attempt has started. */
  run(id: string): string {
    this.assign(id)
    this.ask({ type: 'start', task: id, attempt: this.task(id).attempt })
    return id
  }

  finish(id: string, outcome: Outcome = { class: 'ok', code: 0 }): Reply {
    return this.ask({ type: 'finish', task: id, attempt: this.task(id).attempt, outcome })
  }

  /** From available to its end. */
  complete(id: string): void {
    this.run(id)
    this.finish(id)
  }

  best(): Candidate | undefined {
    return this.led.best(OFFER, () => 0)
  }

  advance(ms: number): this {
    this.clock.advance(ms)
    return this
  }
}

export function refusalOf(reply: Reply): Refusal {
  assert(reply.type === 'refused', JSON.stringify(reply))
  return reply
}
