import { Node } from '../../actors/node.ts'
import { SimulatedHolder, type Script } from '../../actors/simulated-holder.ts'
import { simulatedTerminals } from '../../actors/simulated-terminals.ts'
import type { Terminals } from '../../actors/terminals.ts'
import { WORK_DEFAULTS } from '../../actors/assignment/options.ts'
import { OneVoterAuthority } from '../../runtime/authority/one-voter-authority.ts'
import { topologyOp } from '../../runtime/authority/stored-topology.ts'
import type { StoreEntry } from '../../runtime/authority/topology.ts'
import type { RuntimeError } from '../../runtime/errors.ts'
import { firstTopology } from '../../runtime/placement/first-topology.ts'
import { chance, fraction, seededRandom, type Random } from '../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../runtime/scheduling/virtual-clock.ts'
import { chainHash } from '../../runtime/storage/checksum.ts'
import { unpack } from '../../runtime/storage/codec.ts'
import { unframed } from '../../runtime/storage/frame.ts'
import { MemoryHighWater } from '../../runtime/storage/high-water.ts'
import { MemoryEngine, type DiskFaults } from '../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../runtime/storage/safe-store.ts'
import { SimulatedSpace, STAGES } from '../../runtime/storage/space/space.ts'
import { storeIdOf } from '../../runtime/storage/store-id.ts'
import { Loopback } from '../../runtime/transport/loopback.ts'
import type { Transport } from '../../runtime/transport/transport.ts'
import { SimulatedClient } from './client.ts'
import { Life } from './life.ts'
import { fail, Oracle, Violation } from './oracle.ts'

/** How long faults go on, and how long the node then has to end everything. Virtual ms. */
const FAULTS_MS = 20_000
const QUIET_MS = 20 * 60_000
/** Steps at which crashes are aimed, and how many ordinary steps one of them counts for. */
const TARGETS = ['cold written', 'cold write', 'hot write', 'terminal start', 'send slots']
const TARGET_STEPS = 200
/** Slots that were given away before the disk filled are still used so long. Virtual ms. */
const CREDITS_MS = 1_500
const SELF = storeIdOf('01SIMULATED')
/** How often the handler of an actor fails over something that it does to the world. */
const HANDLER_FAULTS = 0.01
/** In some seeds handlers fail more often, and the node less: one restart must not hide the other. */
const FRAGILE = { seeds: 0.3, faults: 4, steps: 10 }

/** A handler fails as if by a bug of ours. */
class HandlerFault extends Error {
  override readonly name = 'HandlerFault'
}

/** One node, its disks, its holder and its clients, in one seeded run of virtual time. */
export class SingleNodeWorld {
  readonly clock = new VirtualClock()
  readonly space = new SimulatedSpace()
  readonly oracle = new Oracle()
  readonly trace: string[] = []
  readonly #random: Random
  readonly #fragile: boolean
  readonly #hot: MemoryEngine
  readonly #cold: MemoryEngine
  readonly #waters = { hot: new MemoryHighWater(), cold: new MemoryHighWater() }
  readonly #holder: SimulatedHolder
  readonly #clients: SimulatedClient[] = []
  #boot = 0
  #life: Life | undefined
  #node: Node | undefined
  #stepsLeft = 0
  #target: string | undefined
  #calm = false
  #scarceSinceMs = 0
  crashCount = 0
  failureCount = 0
  rollbackCount = 0
  /** What was on the disk that came back older. */
  #older: ReadonlyMap<string, Uint8Array> | undefined

  constructor(seed: number) {
    const random = seededRandom(seed)
    this.#random = random
    this.#fragile = chance(random, FRAGILE.seeds)
    this.#hot = new MemoryEngine(this.clock, this.#faults())
    this.#cold = new MemoryEngine(this.clock, this.#faults())
    const { clock } = this
    this.#holder = new SimulatedHolder({ clock, random, script: () => this.#script() })
  }

  #faults(): DiskFaults {
    const random = this.#random
    return {
      delayMs: () => (chance(random, 0.02) ? 5 + 200 * fraction(random) : 0.05 + fraction(random)),
      scanMs: () => (chance(random, 0.1) ? 20 * fraction(random) : 0),
      fate: () => (!this.#calm && chance(random, 0.001) ? 'fail' : 'ok'),
      kept: (count) => random.below(count + 1),
    }
  }

  #script(): Script {
    const random = this.#random
    const runMs = this.#runMs()
    const crashes = !this.#calm && chance(random, 0.1)
    return {
      runMs,
      code: chance(random, 0.15) ? 1 : 0,
      output: [],
      ...(crashes ? { signal: 'SIGSEGV' } : {}),
    }
  }

  /** Mostly short; some outlast the time after which a node says again what it holds. */
  #runMs(): number {
    const random = this.#random
    const shape = fraction(random)
    if (shape < 0.7) return 20 + random.below(500)
    return shape < 0.95 ? 500 + random.below(8_000) : 10_000 + random.below(25_000)
  }

  /** Runs to the end. Throws a `Violation` at the first broken promise. */
  run(): void {
    this.#found()
    this.#start()
    for (let index = 0; index < 3; index++)
      this.#clients.push(new SimulatedClient(this, index, this.#random))
    for (let change = 0; change < 4; change++)
      this.clock.after(this.#random.below(FAULTS_MS), () => this.#fill())
    if (chance(this.#random, 0.5))
      this.clock.after(this.#random.below(FAULTS_MS), () => {
        this.#note('the holder dies')
        this.#holder.crash()
      })
    this.clock.advance(FAULTS_MS)
    this.#calm = true
    this.space.become('ample')
    this.#stepsLeft = Infinity
    this.#note('faults are over')
    const untilMs = this.clock.monotonicMs() + QUIET_MS
    while (this.clock.monotonicMs() < untilMs && !this.#done()) this.clock.advance(500)
    for (const client of this.#clients)
      if (!client.done) fail(`INV12: client ${client.index} got no answer`)
    const open = this.oracle.settled()
    if (open.length > 0) fail(`INV12: ${open.join(', ')} never ended`)
    if (this.#node?.busyCount !== 0) fail('INV12: a slot is still taken')
    const [kept] = this.#holder.held()
    if (kept) fail(`INV12: the holder still keeps ${kept.key.task}/${kept.key.attempt}`)
  }

  #done(): boolean {
    if (this.#clients.some((client) => !client.done) || this.oracle.settled().length > 0)
      return false
    return this.#node?.busyCount === 0 && this.#holder.held().length === 0
  }

  /** Somebody else fills the disk, or empties it. */
  #fill(): void {
    const stage = STAGES[this.#random.below(STAGES.length)] ?? 'ample'
    if (this.space.scarce === undefined) this.#scarceSinceMs = this.clock.monotonicMs()
    this.#note(`room on the disk is ${stage}`)
    this.space.become(stage)
  }

  #checkRoom(): void {
    const scarceMs =
      this.space.scarce === undefined ? 0 : this.clock.monotonicMs() - this.#scarceSinceMs
    if (scarceMs > CREDITS_MS) fail('a task is started on a disk that is nearly full')
  }

  /** The node that is there now; `undefined` while there is none. */
  get node(): Node | undefined {
    return this.#life?.alive ? this.#node : undefined
  }

  get calm(): boolean {
    return this.#calm
  }

  #note(what: string): void {
    this.trace.push(`${this.clock.monotonicMs().toFixed(2).padStart(10)} ${what}`)
  }

  /** What `init` writes, in one batch. */
  #found(): void {
    const entry = this.#entry(0)
    const store = this.#store(this.#hot, new Life(0, () => true), 'hot')
    const ops = [topologyOp(firstTopology('c', SELF, entry))]
    this.#calm = true
    store.open(() => store.write(ops))
    this.clock.advance(1_000)
    this.#calm = false
  }

  #entry(boot: number): StoreEntry {
    return { node: 'sim', address: '', boot, bootId: `b${boot}`, status: 'up', keyHash: '' }
  }

  #store(engine: MemoryEngine, life: Life, name: 'hot' | 'cold'): SafeStore {
    const failed = (): void => this.#crash(life, `${name} failed`)
    const clock = life.clock(this.clock)
    return new SafeStore({
      engine: life.engine(engine, name),
      highWater: this.#waters[name],
      clock,
      name,
      failed,
    })
  }

  #start(): void {
    this.#boot += 1
    const steps = 50 + this.#random.below(chance(this.#random, 0.5) ? 500 : 2_500)
    this.#stepsLeft = this.#calm ? Infinity : steps * (this.#fragile ? FRAGILE.steps : 1)
    this.#target = chance(this.#random, 0.4)
      ? TARGETS[this.#random.below(TARGETS.length)]
      : undefined
    const life: Life = new Life(this.#boot, (label) => this.#step(life, label))
    this.#life = life
    const hot = this.#store(this.#hot, life, 'hot')
    const cold = this.#store(this.#cold, life, 'cold')
    this.#note(`life ${this.#boot} starts`)
    hot.open((error) =>
      error
        ? this.#refused(error)
        : cold.open((other) => (other ? this.#refused(other) : this.#serve(life, hot, cold))),
    )
  }

  /** A disk that came back older: found by its mark, and here the newer one is put back. */
  #refused(error: RuntimeError): void {
    this.#note(error.message)
    if (!this.#older || error.code !== 'STORE_CORRUPT')
      fail(`INV4: a store that lost nothing is refused: ${error.message}`)
    this.#hot.restore(this.#older)
    this.#older = undefined
    this.#start()
  }

  #serve(life: Life, hot: SafeStore, cold: SafeStore): void {
    if (this.#older) fail('INV4: a disk that has lost acknowledged batches is served')
    const clock = life.clock(this.clock)
    const random = this.#random
    const node = new Node({
      self: SELF,
      entry: this.#entry(this.#boot),
      clusterId: 'c',
      hot,
      cold,
      space: this.space,
      authority: new OneVoterAuthority({ store: hot }),
      clock,
      random,
      transport: this.#transport(life),
      terminals: this.#terminals(life),
      chain: chainHash,
      work: WORK_DEFAULTS,
      slots: 3,
      labels: [],
      retention: { historyDays: 90, historyTasksMax: 1_000_000, keyDays: 7 },
      env: {},
      digest: (bytes) => Buffer.from(chainHash(bytes, 0, 0, bytes)).toString('hex'),
      lacks: () => Promise.resolve(false),
      status: () => Promise.reject(new Error('nobody asks')),
      alarm: (shard, error) =>
        fail(`shard ${shard} stopped: ${error instanceof Error ? error.stack : String(error)}`),
      failed: (actor, error) => this.#failed(actor, error),
      machine: (machine) => this.oracle.watch(machine, life.boot),
    })
    this.#node = node
    node.start()
  }

  /** What an actor does to the world; now and then it fails over it, before or after. */
  #asActor<T>(run: () => T): T {
    const faults = HANDLER_FAULTS * (this.#fragile ? FRAGILE.faults : 1)
    if (this.#calm || !chance(this.#random, faults)) return run()
    if (chance(this.#random, 0.5)) run()
    throw new HandlerFault('a handler fails')
  }

  #failed(actor: string, error: unknown): void {
    const first = causeOf(error)
    if (first instanceof Violation) throw first
    if (!(first instanceof HandlerFault))
      fail(`actor ${actor} failed: ${error instanceof Error ? error.stack : String(error)}`)
    this.#note(`actor ${actor}: ${error instanceof Error ? error.message : ''}`)
    this.failureCount += 1
  }

  /** What it carries between exchange and slots is said by actors. */
  #transport(life: Life): Transport {
    const transport = life.transport(new Loopback(SELF, life.clock(this.clock)))
    const send: Transport['send'] = (to, message) => {
      if (message.to === 'shard') transport.send(to, message)
      else this.#asActor(() => transport.send(to, message))
    }
    return { send, receive: (listener) => transport.receive(listener) }
  }

  #terminals(life: Life): Terminals {
    const terminals = simulatedTerminals(this.#holder, {
      clock: life.clock(this.clock),
      random: this.#random,
    })
    const start: Terminals['start'] = (spec, answered) => {
      this.oracle.starts(spec.key.task, spec.key.attempt, this.#holder.running())
      this.#checkRoom()
      if (life.step('terminal start')) this.#asActor(() => terminals.start(spec, answered))
    }
    const forget: Terminals['forget'] = (key) => {
      this.oracle.forgets(key.task, key.attempt)
      this.#asActor(() => terminals.forget(key))
    }
    const list: Terminals['list'] = (answered) => this.#asActor(() => terminals.list(answered))
    const onExit: Terminals['onExit'] = (listener) =>
      this.#asActor(() => terminals.onExit(listener))
    this.#endings.push(() => terminals.stop())
    return { ...terminals, start, forget, list, onExit }
  }

  readonly #endings: (() => void)[] = []

  /** A life ends after so many steps, or at a step of one sort: rare moments must be met too. */
  #step(life: Life, label: string): boolean {
    this.#stepsLeft -= label === this.#target ? TARGET_STEPS : 1
    if (this.#stepsLeft > 0) return true
    this.clock.defer(() => this.#crash(life, label))
    return false
  }

  #crash(life: Life, label: string): void {
    if (this.#life !== life) return
    this.#note(`life ${life.boot} ends at: ${label}`)
    this.crashCount += 1
    life.end()
    this.#life = undefined
    for (const end of this.#endings.splice(0)) end()
    this.#hot.crash()
    this.#cold.crash()
    if (chance(this.#random, 0.3)) this.#losePower()
    this.#maybeRollBack()
    if (!this.#calm && chance(this.#random, 0.1)) this.#holder.crash()
    this.clock.after(5 + this.#random.below(1_500), () => this.#start())
  }

  #losePower(): void {
    this.#note('power is lost')
    for (const water of Object.values(this.#waters)) water.losePower()
  }

  /** Now and then a disk comes back as it was some time ago, below its high-water mark. */
  #maybeRollBack(): void {
    const marked = this.#waters.hot.read()?.sequence ?? 0
    const image = this.#image
    const seen = image !== undefined && marked > image.sequence
    if (seen && !this.#calm && chance(this.#random, 0.2)) {
      this.#older = this.#hot.image()
      this.#hot.restore(image.hot)
      this.rollbackCount += 1
      this.#note(`the disk comes back as of batch ${image.sequence}`)
      return
    }
    if (!image || chance(this.#random, 0.3))
      this.#image = { hot: this.#hot.image(), sequence: this.#sequence() }
  }

  #sequence(): number {
    const frame = this.#hot.get('~seq')
    return frame ? Number(unpack(unframed('~seq', frame))) : 0
  }

  #image: { readonly hot: ReadonlyMap<string, Uint8Array>; readonly sequence: number } | undefined
}

/** What it all began with. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : error
}
