import type { Command, Reply } from '../../../actors/task/command.ts'
import { shardOfProject, shardOfTask, taskIdOf } from '../../../actors/task/task-id.ts'
import type { Task } from '../../../actors/task/task.ts'
import { chance, type Random } from '../../../runtime/scheduling/random.ts'
import { ulid } from '../../../runtime/scheduling/ulid.ts'
import type { SingleNodeWorld } from './single-node.ts'

/** What a person does, in a run of faults; after it a person only puts in order. */
const ACTIONS = 40
/** Between looks for what waits for a person, once faults are over. Unit: ms. */
const TIDY_MS = 2_000
const COMMAND_MS = 3_000

/** Somebody who looks at tasks and meddles with them: cancels, pauses, does again. */
export class SimulatedOperator {
  readonly #world: SingleNodeWorld
  readonly #random: Random
  /** Projects that may be paused. */
  readonly #paused = new Set<string>()

  constructor(world: SingleNodeWorld, random: Random) {
    this.#world = world
    this.#random = random
  }

  start(): void {
    const { climate, clock } = this.#world
    for (let count = 0; count < ACTIONS; count++)
      clock.after(this.#random.below(climate.faultsMs), () => this.#act())
    clock.after(climate.faultsMs, () => this.#tidy())
  }

  #act(): void {
    const { oracle, climate } = this.#world
    const random = this.#random
    const [gone] = oracle.forgotten
    if (gone !== undefined) this.#read(gone)
    const known = [...oracle.tasks.values()]
    const task = known[random.below(Math.max(1, known.length))]
    if (!task) return
    if (chance(random, 0.5)) return this.#read(task.id)
    const verbs = ['cancel', 'pause', 'resume', 'prioritize', 'retry', 'project'] as const
    switch (verbs[random.below(verbs.length)]) {
      case 'prioritize':
        return this.#do(task.id, {
          type: 'prioritize',
          task: task.id,
          priority: random.below(11),
          by: 'op',
        })
      case 'retry':
        return this.#retry(task)
      case 'project': {
        const project = climate.projects[random.below(climate.projects.length)] ?? ''
        return this.#pause(project, chance(random, 0.5))
      }
      case 'pause':
        return this.#do(task.id, { type: 'pause', task: task.id, by: 'op' })
      case 'resume':
        return this.#do(task.id, { type: 'resume', task: task.id, by: 'op' })
      default:
        return this.#do(task.id, { type: 'cancel', task: task.id, by: 'op' })
    }
  }

  #pause(project: string, paused: boolean): void {
    const type = paused ? 'pauseProject' : 'resumeProject'
    if (paused) this.#paused.add(project)
    this.#command(shardOfProject(project), { type, project, by: 'op' }, () => {
      if (paused)
        this.#paused.add(project) // A resume that was asked for before may have been answered since.
      else this.#paused.delete(project)
    })
  }

  /** READ: what a read shows is committed, and not older than what was known when it began. */
  #read(id: string): void {
    const { oracle } = this.#world
    const atLeast = oracle.reading(id)
    this.#do(id, { type: 'get', task: id }, (reply) =>
      oracle.read(id, atLeast, reply.type === 'task' ? reply.task : undefined),
    )
  }

  /** The new task is acknowledged as any other. */
  #retry({ id, project }: Task): void {
    const { clock, oracle } = this.#world
    const again = taskIdOf(shardOfProject(project), ulid(clock.wallMs(), this.#random))
    this.#do(id, { type: 'retry', task: id, by: 'op', id: again }, (reply, at) => {
      if (reply.type === 'submitted')
        oracle.answered(`retry of ${id}: ${reply.ids[0]}`, reply.ids, at)
    })
  }

  /** Faults are over: everything goes on, and what waits for a person is let go, or given up. */
  #tidy(): void {
    for (const project of this.#paused) this.#pause(project, false)
    for (const task of this.#world.oracle.waiting()) {
      if (task.paused) this.#do(task.id, { type: 'resume', task: task.id, by: 'op' })
      else if (chance(this.#random, 0.5)) this.#retry(task)
      else this.#do(task.id, { type: 'cancel', task: task.id, by: 'op' })
    }
    this.#world.clock.after(TIDY_MS, () => this.#tidy())
  }

  #do(id: string, command: Command, done: Done = () => undefined): void {
    this.#command(shardOfTask(id) ?? 0, command, done)
  }

  #command(shard: number, command: Command, done: Done): void {
    const { clock, node } = this.#world
    node?.system.shards.command(shard, command, clock.monotonicMs() + COMMAND_MS, (result) => {
      if (result instanceof Error || this.#world.node !== node) return
      done(result.reply as Reply, result.at)
    })
  }
}

type Done = (
  reply: Reply,
  at: { readonly shard: number; readonly epoch: number; readonly index: number },
) => void
