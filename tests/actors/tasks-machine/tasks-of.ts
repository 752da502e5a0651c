import { Catalog } from '../../../actors/catalog/catalog.ts'
import { LocalFleet } from '../../../actors/local-fleet.ts'
import type { Command, Reply, SubmitCommand } from '../../../actors/task/command.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import { shardOfProject, taskIdOf } from '../../../actors/task/task-id.ts'
import type { Task } from '../../../actors/task/task.ts'
import type { TasksListener } from '../../../actors/tasks-machine/led-tasks.ts'
import { tasksMachine } from '../../../actors/tasks-machine/tasks-machine.ts'
import { SimulatedSpace } from '../../../runtime/storage/space/space.ts'
import type { Terminals } from '../../../actors/terminals.ts'
import type { Blobs } from '../../../runtime/storage/blobs/blobs.ts'
import { seededRandom } from '../../../runtime/scheduling/random.ts'
import { hex } from '../../../runtime/hex.ts'
import type { Answered } from '../../../runtime/shard/machine.ts'
import { Histogram } from '../../../runtime/histogram.ts'
import { chainHash } from '../../../runtime/storage/checksum.ts'
import type { System } from '../../../runtime/system.ts'
import { Bench } from '../../runtime/system-of.ts'

const DEAF: TasksListener = {
  led: () => undefined,
  left: () => undefined,
  changed: () => undefined,
  overran: () => undefined,
  reordered: () => undefined,
}

/** The shards of a fleet on simulated disks, with nobody who runs anything: a test does. */
export class TasksBench {
  readonly bench: Bench<Command>
  readonly space = new SimulatedSpace()
  #system: System<Command>
  #count = 0

  constructor(listener = DEAF) {
    const random = seededRandom(1)
    const { space } = this
    this.bench = new Bench<Command>((clock) => tasksMachine({ clock, random, space, listener }))
    this.#system = this.bench.start()
  }

  restart(): void {
    this.bench.crash()
    this.#system = this.bench.start()
  }

  /** Time for letters and their answers. */
  settle(ms = 2_000): void {
    this.bench.clock.advance(ms)
  }

  ask(shard: number, command: Command): Reply {
    const answered = this.bench.ask(this.#system, shard, command)
    if (answered instanceof Error) throw answered
    return (answered as Answered).reply as Reply
  }

  /** An id that nobody has yet, in the shard of a project. */
  idIn(project: string): string {
    const tail = String(++this.#count).padStart(26, '0')
    return taskIdOf(shardOfProject(project), tail)
  }

  submit(project: string, spec: object = {}, command: Partial<SubmitCommand> = {}): string {
    const id = this.idIn(project)
    const reply = this.trySubmit(project, [{ id, spec }], command)
    if (reply.type !== 'submitted') throw new Error(JSON.stringify(reply))
    return id
  }

  trySubmit(
    project: string,
    tasks: readonly { readonly id: string; readonly spec: object }[],
    command: Partial<SubmitCommand> = {},
  ): Reply {
    const parsed = tasks.map(({ id, spec }) => ({
      id,
      spec: parseSpec({ argv: ['work'], ...spec }),
    }))
    const key = `k${++this.#count}`
    const asked = {
      type: 'submit',
      project,
      tasks: parsed,
      key,
      try: 1,
      digest: key,
      by: 'test',
    } as const
    return this.ask(shardOfProject(project), { ...asked, ...command })
  }

  task(id: string): Task {
    const reply = this.of(id, { type: 'get', task: id })
    if (reply.type !== 'task') throw new Error(JSON.stringify(reply))
    return reply.task
  }

  /** To the shard of a task. */
  of(id: string, command: Command): Reply {
    return this.ask(Number(id.slice(1, 3)), command)
  }

  /** Runs a task to its end. */
  run(id: string, code = 0): void {
    this.start(id)
    this.of(id, this.finishing(id, code))
  }

  start(id: string): void {
    const { version, attempt } = this.task(id)
    this.of(id, { type: 'assign', task: id, version, store: 's', boot: 1, node: 'n' })
    this.of(id, { type: 'start', task: id, attempt: attempt + 1 })
  }

  finishing(id: string, code = 0): Command {
    const outcome = { class: code === 0 ? 'ok' : 'exit', code } as const
    return { type: 'finish', task: id, attempt: 1, outcome }
  }

  /** A door to these shards that only submits. */
  fleet(): LocalFleet {
    const nobody = (): never => {
      throw new Error('nobody asks')
    }
    return new LocalFleet({
      clock: this.bench.clock,
      random: seededRandom(2),
      space: this.space,
      shards: this.#system.shards,
      catalog: new Catalog({ cold: { scan: nobody } }),
      terminals: new Proxy({} as Terminals, { get: nobody }),
      blobs: new Proxy({} as Blobs, { get: nobody }),
      led: () => new Map(),
      digest: (bytes) => hex(chainHash(bytes, 0, 0, bytes)),
      lacks: () => Promise.resolve(false),
      copies: () => 1,
      status: nobody,
      unready: nobody,
      acknowledged: new Histogram(),
    })
  }

  /** What comes of it, while time goes on. */
  async soon<T>(promise: Promise<T>): Promise<T> {
    const waiting = new Set<Promise<T>>([promise])
    const done = (): void => void waiting.clear()
    promise.then(done, done)
    while (waiting.size > 0) {
      this.bench.clock.advance(10)
      await new Promise(setImmediate)
    }
    return promise
  }

  /** Asks, and waits for nothing. */
  tell(id: string, command: Command): void {
    const late = this.bench.clock.monotonicMs() + 3_000
    this.#system.shards.command(Number(id.slice(1, 3)), command, late, () => undefined)
  }
}

/** Two projects of different shards. */
export const [HERE, THERE] = ['here', 'there'] as const
