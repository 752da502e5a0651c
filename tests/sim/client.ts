import type { Command, Reply } from '../../actors/task/command.ts'
import { parseSpec } from '../../actors/task/parse-spec.ts'
import { shardOfProject, taskIdOf } from '../../actors/task/task-id.ts'
import type { Random } from '../../runtime/scheduling/random.ts'
import { chance } from '../../runtime/scheduling/random.ts'
import { ulid } from '../../runtime/scheduling/ulid.ts'
import { pack } from '../../runtime/storage/codec.ts'
import type { SingleNodeWorld } from './single-node.ts'

/** How many requests each client makes, and how long it waits for an answer before it repeats. */
const REQUESTS = 8
const TIMEOUT_MS = 3_200

type Submit = Extract<Command, { readonly type: 'submit' }>

/** Somebody outside: submits with a key, repeats the same request until it is answered, cancels some. */
export class SimulatedClient {
  readonly index: number
  readonly #world: SingleNodeWorld
  readonly #random: Random
  #answered = 0

  constructor(world: SingleNodeWorld, index: number, random: Random) {
    this.index = index
    this.#world = world
    this.#random = random
    for (let number = 0; number < REQUESTS; number++) {
      world.clock.after(random.below(15_000), () => this.#submit(this.#request(number)))
    }
  }

  get done(): boolean {
    return this.#answered === REQUESTS
  }

  #request(number: number): Submit {
    const random = this.#random
    const project = `p${random.below(2)}`
    const shard = shardOfProject(project)
    const count = chance(random, 0.2) ? 2 + random.below(3) : 1
    const ids = Array.from({ length: count }, () =>
      taskIdOf(shard, ulid(this.#world.clock.wallMs(), random)),
    )
    const tasks = ids.map((id, at) => ({
      id,
      spec: parseSpec(this.#spec(at > 0 ? ids[at - 1] : undefined)),
    }))
    const key = `c${this.index}-${number}`
    const digest = Buffer.from(pack(tasks)).toString('hex').slice(0, 64)
    return { type: 'submit', project, tasks, key, try: 1, digest, by: `client ${this.index}` }
  }

  #spec(after: string | undefined): object {
    const random = this.#random
    return {
      argv: ['work'],
      priority: random.below(11),
      ...(after !== undefined && chance(random, 0.5) ? { after: [after] } : {}),
      ...(chance(random, 0.2)
        ? { notBeforeMs: this.#world.clock.wallMs() + random.below(5_000) }
        : {}),
      ...(chance(random, 0.2) ? { concurrency: { key: 'lane', max: 1 } } : {}),
      retry: { baseMs: 200, capMs: 2_000, onExit: chance(random, 0.3) },
    }
  }

  #submit(command: Submit): void {
    const { clock, node } = this.#world
    let over = false
    const again = (): void => {
      if (over) return
      over = true
      clock.after(50 + this.#random.below(300), () =>
        this.#submit({ ...command, try: command.try + 1 }),
      )
    }
    const timeout = clock.after(TIMEOUT_MS, again)
    if (!node) return
    const shard = shardOfProject(command.project)
    node.system.shards.command(shard, command, clock.monotonicMs() + 3_000, (result) => {
      if (over || this.#world.node !== node) return
      if (result instanceof Error) return again()
      const reply = result.reply as Reply
      if (reply.type === 'refused' && reply.code === 'STORE_FULL') return again()
      over = true
      timeout.cancel()
      if (reply.type !== 'submitted')
        throw new Error(`the simulation asks for nothing that is refused: ${JSON.stringify(reply)}`)
      this.#world.oracle.answered(command.key, reply.ids, shard, result.at.index)
      this.#answered += 1
      if (chance(this.#random, 0.15)) this.#cancel(reply.ids[0] ?? '')
    })
  }

  #cancel(task: string): void {
    const { clock } = this.#world
    clock.after(this.#random.below(4_000), () => {
      const shard = Number(task.slice(1, 3))
      this.#world.node?.system.shards.command(
        shard,
        { type: 'cancel', task, by: 'client' },
        Infinity,
        () => undefined,
      )
    })
  }
}
