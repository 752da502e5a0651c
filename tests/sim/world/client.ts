import type { Command, Reply } from '../../../actors/task/command.ts'
import { parseSpec } from '../../../actors/task/parse-spec.ts'
import { shardOfProject, taskIdOf } from '../../../actors/task/task-id.ts'
import type { Random } from '../../../runtime/scheduling/random.ts'
import { chance } from '../../../runtime/scheduling/random.ts'
import { ulid } from '../../../runtime/scheduling/ulid.ts'
import type { RuntimeError } from '../../../runtime/errors.ts'
import type { Receipt } from '../../../runtime/shard/machine.ts'
import type { SingleNodeWorld } from './single-node.ts'
import { fail } from '../violation.ts'

/** How long a client waits for an answer before it asks again. Unit: ms. */
const TIMEOUT_MS = 3_200
/** A key may be asked for again so long after its answer. Unit: ms. */
const REPEAT_MS = 12_000
const LATE_MS = 700_000
export const CLIENTS = 3

type Submit = Extract<Command, { readonly type: 'submit' }>

/** How a client behaves with one of its requests. */
type Manner =
  | 'patient' // Repeats until it is answered.
  | 'hasty' // Sends it twice at once.
  | 'forgetful' // Asks again, long after it was answered.
  | 'careless' // Uses the key again for something else.
  | 'resigned' // Takes a first no for a no.
  | 'wrong' // Names what is not there, is refused, and comes back when it is.

const MANNERS: readonly Manner[] = [
  'patient',
  'patient',
  'patient',
  'hasty',
  'forgetful',
  'careless',
  'resigned',
  'resigned',
  'wrong',
]

interface Request {
  readonly key: string
  readonly project: string
  readonly manner: Manner
  /** Specs as a caller writes them, and for each the one of the batch that it waits for. */
  readonly specs: readonly { readonly spec: object; readonly waitsFor: number | undefined }[]
  /** A task that was there when the request was made, and is waited for. */
  readonly needed: string | undefined
}

/** Somebody outside: submits with keys, and is answered at last. */
export class SimulatedClient {
  readonly #world: SingleNodeWorld
  readonly #random: Random
  readonly #name: string
  #waiting: number

  constructor(world: SingleNodeWorld, index: number, random: Random) {
    const { requests, faultsMs } = world.climate
    this.#world = world
    this.#random = random
    this.#name = `c${index}`
    this.#waiting = Math.ceil(requests / CLIENTS)
    for (let number = 0; number < this.#waiting; number++) {
      const atMs = random.below(Math.round(faultsMs * 0.75))
      world.clock.after(atMs, () => this.#begin(`${this.#name}-${number}`))
    }
  }

  /** Every request has had its answer. */
  get done(): boolean {
    return this.#waiting === 0
  }

  #begin(key: string): void {
    const request = this.#request(key)
    this.#submit(request, 1)
    if (request.manner === 'hasty') this.#submit({ ...request, manner: 'patient' }, 2)
    if (request.manner === 'hasty') this.#waiting += 1
  }

  #request(key: string): Request {
    const { climate, oracle } = this.#world
    const random = this.#random
    const manner = MANNERS[random.below(MANNERS.length)] ?? 'patient'
    const project = climate.projects[random.below(climate.projects.length)] ?? ''
    const count = chance(random, 0.2) ? 2 + random.below(3) : 1
    const specs = Array.from({ length: count }, (_, at) => ({
      spec: this.#spec(),
      waitsFor: at > 0 && chance(random, 0.5) ? at - 1 : undefined,
    }))
    const known = [...oracle.tasks.keys()]
    const elsewhere = manner === 'wrong' || chance(random, climate.remote)
    const needed = elsewhere ? known[random.below(Math.max(1, known.length))] : undefined
    return { key, project, manner, specs, needed }
  }

  #spec(): object {
    const { climate, clock } = this.#world
    const random = this.#random
    const limited = chance(random, climate.limited)
    return {
      argv: [limited ? 'limited' : 'work'],
      priority: random.below(11),
      ...(chance(random, 0.2) ? { notBeforeMs: clock.wallMs() + random.below(5_000) } : {}),
      ...(chance(random, 0.2) ? { concurrency: { key: 'lane', max: 1 + random.below(2) } } : {}),
      ...(limited ? { timeouts: { startToCloseMs: 500 + random.below(climate.limitMsMax) } } : {}),
      ...(chance(random, 0.1) ? { onLost: 'ask' } : {}),
      retry: { baseMs: 200, capMs: 2_000, onExit: chance(random, 0.3) },
    }
  }

  /** As a door makes it: with new ids at each try, of which only those of the first that counts are used. */
  #command({ project, key, specs, needed }: Request, number: number, absent: boolean): Submit {
    const shard = shardOfProject(project)
    const { clock } = this.#world
    const ids = specs.map(() => taskIdOf(shard, ulid(clock.wallMs(), this.#random)))
    const tasks = specs.map(({ spec, waitsFor }, at) => {
      const after = [waitsFor === undefined ? undefined : ids[waitsFor], needed]
      const known = after.filter((each) => each !== undefined)
      return { id: ids[at] ?? '', spec: parseSpec({ ...spec, after: known }) }
    })
    const command = { type: 'submit', project, tasks, key, try: number, by: this.#name } as const
    const missing = absent && needed !== undefined ? { absent: [needed] } : {}
    return { ...command, digest: key, ...missing }
  }

  /** @param absent whether what is waited for elsewhere is said not to be there. */
  #submit(request: Request, number: number, absent = request.manner === 'wrong'): void {
    const { clock, node } = this.#world
    let over = false
    const again = (): void => {
      if (over) return
      over = true
      const waitMs = 50 + this.#random.below(300)
      clock.after(waitMs, () => this.#submit(request, number + 1, absent))
    }
    const timeout = clock.after(TIMEOUT_MS, again)
    if (!node) return
    const command = this.#command(request, number, absent)
    const shard = shardOfProject(request.project)
    node.system.shards.command(shard, command, clock.monotonicMs() + 3_000, (result) => {
      if (over || this.#world.node !== node) return
      if (result instanceof Error && !this.#resigns(request, number, result)) return again()
      if (!(result instanceof Error) && isFull(result.reply as Reply)) return again()
      over = true
      timeout.cancel()
      if (result instanceof Error) this.#waiting -= 1
      else this.#heard(request, { command, reply: result.reply as Reply, at: result.at })
    })
  }

  /** Who was told that a first try was not stored may leave it at that. */
  #resigns(request: Request, number: number, { code }: RuntimeError): boolean {
    if (request.manner !== 'resigned' || number > 1 || code === 'UNAVAILABLE') return false
    this.#world.oracle.neverStored(keyId(request))
    return true
  }

  /** RECEIPT: what was answered stays true, whoever leads. Asked until somebody knows. */
  #verify(receipt: Receipt): void {
    const { clock } = this.#world
    let known = false
    const ask = (): void => {
      if (known) return
      clock.after(TIMEOUT_MS, ask)
      this.#world.node?.system.shards.verify(receipt, (verdict) => {
        if (known || verdict instanceof Error) return
        known = true
        this.#waiting -= 1
        if (verdict !== 'true') fail(`RECEIPT: ${JSON.stringify(receipt)} is ${verdict}`)
      })
    }
    clock.after(REPEAT_MS, ask)
  }

  #heard(request: Request, heard: Heard): void {
    const { oracle } = this.#world
    const { command, reply, at } = heard
    const id = keyId(request)
    if (reply.type === 'submitted') {
      oracle.answered(id, reply.ids, at)
      this.#verify(at)
      return this.#afterwards(request, command.try)
    }
    if (reply.type !== 'refused') fail(`a submit is answered ${reply.type}`)
    if (request.needed === undefined) fail(`nothing of "${id}" can be refused: ${reply.message}`)
    if (command.try > 1) oracle.refused(id, reply.message)
    if (command.absent) return this.#submit(request, command.try + 1, command.try === 1)
    this.#waiting -= 1
  }

  #afterwards(request: Request, number: number): void {
    const { clock, climate } = this.#world
    const { manner } = request
    const withinMs = climate.keyDays < 1 ? LATE_MS : REPEAT_MS
    if (manner !== 'forgetful' && (manner !== 'careless' || climate.keyDays < 1)) return
    this.#waiting += 1
    clock.after(this.#random.below(withinMs), () => {
      if (manner === 'forgetful') this.#submit({ ...request, manner: 'patient' }, number + 1, false)
      else this.#twist(request)
    })
  }

  /** INV3: a key that was used stands for nothing else. */
  #twist(request: Request): void {
    const { clock, node } = this.#world
    const again = (): void => void clock.after(500, () => this.#twist(request))
    if (!node) return again()
    const command = { ...this.#command(request, 1, false), digest: 'another' }
    const shard = shardOfProject(request.project)
    const timeout = clock.after(TIMEOUT_MS, again)
    node.system.shards.command(shard, command, clock.monotonicMs() + 3_000, (result) => {
      if (result instanceof Error || this.#world.node !== node) return
      if (isFull(result.reply as Reply)) return
      timeout.cancel()
      const { type } = result.reply as Reply
      if (type !== 'refused') fail(`INV3: another body with the key "${request.key}" is ${type}`)
      this.#waiting -= 1
    })
  }
}

type Heard = { readonly command: Submit; readonly reply: Reply; readonly at: Receipt }

/** Nobody remembers that: it changes. */
function isFull(reply: Reply): boolean {
  return reply.type === 'refused' && reply.code === 'STORE_FULL'
}

/** As the row of a key is called. */
function keyId({ project, key }: Pick<Request, 'project' | 'key'>): string {
  return `${project}:${key}`
}
