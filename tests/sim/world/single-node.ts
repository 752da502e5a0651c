import { Node } from '../../../actors/node.ts'
import { SimulatedHolder, type Script } from '../../../actors/simulated-holder.ts'
import { simulatedTerminals } from '../../../actors/simulated-terminals.ts'
import { parseKey, type Terminals } from '../../../actors/terminals.ts'
import { INLINE_BYTES_MAX } from '../../../actors/output/transcript.ts'
import { WORK_DEFAULTS } from '../../../actors/assignment/options.ts'
import { OneVoterAuthority } from '../../../runtime/authority/one-voter-authority.ts'
import { topologyOp } from '../../../runtime/authority/stored-topology.ts'
import type { StoreEntry } from '../../../runtime/authority/topology.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { firstTopology } from '../../../runtime/placement/first-topology.ts'
import { APART_MS, STEADY_MS } from '../../../runtime/scheduling/clock-guard.ts'
import { chance, fraction, seededRandom, type Random } from '../../../runtime/scheduling/random.ts'
import { VirtualClock } from '../../../runtime/scheduling/virtual-clock.ts'
import { chainHash } from '../../../runtime/storage/checksum.ts'
import { SafeStore } from '../../../runtime/storage/safe-store.ts'
import { storeIdOf } from '../../../runtime/storage/store-id.ts'
import { Loopback } from '../../../runtime/transport/loopback.ts'
import { CLIENTS, SimulatedClient } from './client.ts'
import type { Climate } from './climate.ts'
import { SimulatedDisks, type DatabaseName } from './disks.ts'
import { Life } from '../life.ts'
import { SimulatedOperator } from './operator.ts'
import { Oracle } from '../oracle.ts'
import type { Steps } from './steps.ts'
import { fail } from '../violation.ts'
import { wired } from './wire.ts'

/** How long the node has to end everything, once faults are over. Virtual ms. */
const QUIET_MS = 20 * 60_000
/** How much more of it there is if clocks were set: what was timed by them waits for so long. */
const JUMPED_MS = 12 * 3_600_000
/** How late a timer may be: a disk may stall. Virtual ms. */
const PROMPT_MS = 12_000
/** Slots that were given away before the disk filled are still used for so long. Virtual ms. */
const CREDITS_MS = 1_500
/** How often it is looked whether all is well. Virtual ms. */
const LOOK_MS = 500
const SLOTS = 3
const SELF = storeIdOf('01SIMULATED')
/** Between two settings of the clock. Unit: ms. */
const APART_FROM_MS = 2_500
/** By how much a clock is set. Unit: ms. */
const JUMPS_MS = [3_600_000, -3_600_000, 20_000, -20_000, 1_500, -1_500, 400, -400]

/** A handler fails as if by a bug of ours. */
class HandlerFault extends Error {
  override readonly name = 'HandlerFault'
}

/** One node, its disks, its holder and who uses it, in one seeded run of virtual time. */
export class SingleNodeWorld {
  readonly clock = new VirtualClock()
  readonly climate: Climate
  readonly oracle: Oracle
  readonly disks: SimulatedDisks
  readonly #steps: Steps
  readonly #holder: SimulatedHolder
  readonly #clients: SimulatedClient[]
  /** Streams of chance apart, so that one more draw in one of them changes no other. */
  readonly #random: {
    readonly node: Random
    readonly scripts: Random
    readonly wires: Random
    readonly deaths: Random
  }
  #boot = 0
  #life: Life | undefined
  /** Since when this life looks at its clock. */
  #watchingSinceMs = 0
  #clockSetBackMs = 0
  #jumpedMs = -Infinity
  #node: Node | undefined
  readonly #endings: (() => void)[] = []
  #calm = false
  crashCount = 0
  failureCount = 0
  eventCount = 0

  constructor(seed: number, steps: Steps, climate: Climate) {
    const stream = (number: number): Random =>
      seededRandom(Math.imul(seed * 16 + number, 0x9e3779b1))
    const { clock } = this
    this.climate = climate
    this.#steps = steps
    this.#random = { node: stream(1), scripts: stream(2), wires: stream(3), deaths: stream(4) }
    const note = (what: string): void => this.#note(what)
    this.oracle = new Oracle({
      keyDays: climate.keyDays,
      slots: SLOTS,
      doubted: () => this.#doubted(),
      monotonicMs: () => clock.monotonicMs(),
      onDisk: (hash) => this.disks.blobs.has(hash),
      note,
    })
    this.disks = new SimulatedDisks({
      ...{ clock, random: stream(5), climate, note },
      fileRandom: stream(9 + CLIENTS),
      file: (name) => this.#holder.file(name),
    })
    this.#holder = new SimulatedHolder({
      clock,
      random: stream(6),
      script: ({ argv }) => this.#script(argv[0]),
      step: (label) => this.#holderStep(label),
    })
    this.#found()
    this.#clients = Array.from(
      { length: CLIENTS },
      (_, index) => new SimulatedClient(this, index, stream(7 + index)),
    )
    const operator = new SimulatedOperator(this, stream(7 + CLIENTS))
    operator.start()
    this.#planChanges(stream(8 + CLIENTS))
  }

  #script(name: string | undefined): Script {
    const random = this.#random.scripts
    const crashes = !this.#calm && chance(random, 0.1)
    const runMs = name === 'limited' && chance(random, 0.5) ? Infinity : this.#runMs()
    const loud = runMs % 3 === 0
    return {
      runMs,
      code: chance(random, 0.15) ? 1 : 0,
      output: loud ? [{ afterMs: 0, text: `${runMs} `.padEnd(INLINE_BYTES_MAX + 1) }] : [],
      ...(crashes ? { signal: 'SIGSEGV' } : {}),
    }
  }

  /** Mostly short; some outlast the time after which a node says again what it holds. */
  #runMs(): number {
    const random = this.#random.scripts
    if (chance(random, this.climate.long)) return 10_000 + random.below(25_000)
    return chance(random, 0.7) ? 20 + random.below(500) : 500 + random.below(8_000)
  }

  #planChanges(random: Random): void {
    const { fills, jumps, faultsMs } = this.climate
    for (let count = 0; count < fills; count++)
      this.clock.after(random.below(faultsMs), () => this.disks.fill())
    for (let count = 0; count < jumps; count++) {
      const byMs = JUMPS_MS[random.below(JUMPS_MS.length)] ?? 0
      const withinMs = faultsMs / jumps - APART_FROM_MS // Two that undo each other are none.
      const atMs = (count * faultsMs) / jumps + withinMs * fraction(random)
      this.clock.after(atMs, () => this.#setClock(byMs))
    }
  }

  #setClock(byMs: number): void {
    this.clock.wallSkewMs += byMs
    this.#clockSetBackMs += Math.max(0, -byMs)
    if (Math.abs(byMs) > APART_MS) this.#jumpedMs = this.clock.monotonicMs()
    if (byMs !== 0) this.#note(`the clock is set by ${byMs} ms`)
  }

  /** Set while this life looked, and not steady for long enough. */
  #doubted(): boolean {
    const sinceMs = this.clock.monotonicMs() - this.#jumpedMs
    return this.#jumpedMs > this.#watchingSinceMs && sinceMs < STEADY_MS
  }

  /** Runs to the end. Throws a `Violation` at the first broken promise. */
  run(): void {
    this.disks.calm = false
    this.#steps.begins('holder', this.climate.holderStepsMax)
    this.#start()
    for (let passedMs = 0; passedMs < this.climate.faultsMs; passedMs += LOOK_MS)
      this.#pass(LOOK_MS)
    this.#note('faults are over')
    this.#calm = true
    this.#steps.begins('node', 0)
    this.#steps.begins('holder', 0)
    this.disks.calm = true
    this.disks.heal()
    this.#setClock(-this.clock.wallSkewMs)
    this.#pass(this.climate.calmMs)
    const quietMs = QUIET_MS + (this.climate.jumps > 0 ? JUMPED_MS : 0)
    const untilMs = this.clock.monotonicMs() + quietMs
    while (this.clock.monotonicMs() < untilMs && !this.#done()) this.#pass(LOOK_MS)
    this.#judge()
  }

  #pass(ms: number): void {
    const untilMs = this.clock.monotonicMs() + ms
    while (this.clock.step(untilMs)) this.eventCount += 1
    this.#checkTimers()
    this.clock.advance(untilMs - this.clock.monotonicMs())
  }

  /** TIMERS: a node that has served for a while, by a clock that it believes, owes nothing. */
  #checkTimers(): void {
    const { oracle, clock } = this
    const sinceMs = Math.max(this.#watchingSinceMs, this.#jumpedMs + STEADY_MS)
    if (!this.node || this.disks.scarceMs > 0 || clock.monotonicMs() - sinceMs < PROMPT_MS) return
    for (const { id, dueMs = Infinity } of oracle.tasks.values())
      if (dueMs + PROMPT_MS < clock.wallMs())
        fail(`TIMERS: ${id} was due at ${dueMs} and is not looked at`)
  }

  #done(): boolean {
    if (this.#clients.some((client) => !client.done)) return false
    if (this.oracle.unsettled().length > 0 || this.oracle.mail.waiting.length > 0) return false
    return this.#node?.busyCount === 0 && this.#holder.held().length === 0
  }

  #judge(): void {
    for (const [index, client] of this.#clients.entries())
      if (!client.done) fail(`INV12: client ${index} got no answer`)
    const open = this.oracle.unsettled()
    if (open.length > 0) fail(`INV12: ${open.join(', ')} never ended`)
    const [letter] = this.oracle.mail.waiting
    if (letter !== undefined) fail(`MAIL: ${letter} is never acknowledged`)
    if (this.#node?.busyCount !== 0) fail('INV12: a slot is still taken')
    const [kept] = this.#holder.held()
    if (kept) fail(`INV12: the holder still keeps ${kept.key.task}.${kept.key.attempt}`)
    for (const [name, run] of this.#holder.exits) {
      const key = parseKey(name)
      if (key) this.oracle.ended(key, run, this.#clockSetBackMs)
    }
  }

  /** The node that is there now; `undefined` while there is none. */
  get node(): Node | undefined {
    return this.#life?.alive ? this.#node : undefined
  }

  #note(what: string): void {
    this.#steps.note(this.clock.monotonicMs(), what)
  }

  /** What `init` writes, in one batch. */
  #found(): void {
    const store = this.#store('hot', new Life(0, () => true))
    const ops = [topologyOp(firstTopology('c', SELF, this.#entry(0)))]
    store.open(() => store.write(ops))
    this.clock.advance(1_000)
  }

  #entry(boot: number): StoreEntry {
    return { node: 'sim', address: '', boot, bootId: `b${boot}`, status: 'up', keyHash: '' }
  }

  #store(name: DatabaseName, life: Life): SafeStore {
    return new SafeStore({
      engine: life.engine(this.disks[name], name),
      highWater: this.disks.waters[name],
      clock: life.clock(this.clock),
      name,
      failed: () => this.#crash(life, `${name} failed`),
    })
  }

  #start(): void {
    this.#boot += 1
    this.#steps.begins('node', this.#calm ? 0 : this.climate.lifeStepsMax)
    const life: Life = new Life(this.#boot, (label) => this.#step(life, label))
    this.#life = life
    this.#note(`life ${this.#boot} starts`)
    const hot = this.#store('hot', life)
    const cold = this.#store('cold', life)
    const opened = (next: () => void) => (error?: RuntimeError) =>
      error ? this.#corrupt(life, error) : next()
    hot.open(opened(() => cold.open(opened(() => this.#serve(life, hot, cold)))))
  }

  /** A disk that came back older, or a damaged value: found, and here put right. */
  #corrupt(life: Life, error: unknown): void {
    if (!(error instanceof RuntimeError)) throw error
    if (!this.disks.repair(error)) fail(`INV4: the node stopped: ${error.stack ?? error.message}`)
    this.#note(error.message)
    this.#crash(life, 'the store is not what it was')
  }

  #serve(life: Life, hot: SafeStore, cold: SafeStore): void {
    if (this.disks.rolledBack) fail('INV4: a disk that has lost acknowledged batches is served')
    try {
      this.#node = this.#compose(life, hot, cold)
      this.#node.start()
    } catch (error) {
      this.#corrupt(life, error)
    }
  }

  #compose(life: Life, hot: SafeStore, cold: SafeStore): Node {
    const clock = life.clock(this.clock)
    const { climate } = this
    this.#watchingSinceMs = clock.monotonicMs()
    const { historyTasksMax, keyDays } = climate
    return new Node({
      self: SELF,
      entry: this.#entry(life.boot),
      clusterId: 'c',
      hot,
      cold,
      space: this.disks.space,
      authority: new OneVoterAuthority({ store: hot }),
      clock,
      random: this.#random.node,
      transport: wired(life.transport(new Loopback(SELF, clock)), {
        clock,
        random: this.#random.wires,
        climate,
        calm: () => this.#calm,
        asActor: (act) => this.#asActor(act),
        mail: (message) => this.oracle.mail.sends(message),
      }),
      terminals: this.#terminals(life),
      blobs: life.blobs(this.disks.blobs),
      chain: chainHash,
      work: { ...WORK_DEFAULTS, renewMs: climate.renewMs },
      slots: SLOTS,
      labels: [],
      retention: { historyDays: 90, historyTasksMax, keyDays },
      digest: (bytes) => Buffer.from(chainHash(bytes, 0, 0, bytes)).toString('hex'),
      lacks: () => Promise.resolve(false),
      status: () => Promise.reject(new Error('nobody asks')),
      alarm: (_shard, error) => this.#corrupt(life, error),
      failed: (actor, error) => this.#failed(actor, error),
      machine: (machine) => this.oracle.watch(machine, life.boot),
    })
  }

  /** What an actor does to the world; now and then it fails over it, before or after. */
  #asActor<T>(act: () => T): T {
    const random = this.#random.deaths
    if (this.#calm || !chance(random, this.climate.handlerFails)) return act()
    if (chance(random, 0.5)) act()
    throw new HandlerFault('a handler fails')
  }

  #failed(actor: string, error: unknown): void {
    const first = causeOf(error)
    if (!(first instanceof HandlerFault)) throw first
    this.#note(`actor ${actor} failed`)
    this.failureCount += 1
  }

  #terminals(life: Life): Terminals {
    const terminals = simulatedTerminals(this.#holder, {
      clock: life.clock(this.clock),
      random: this.#random.scripts,
      latencyMs: this.climate.holderMs,
    })
    const start: Terminals['start'] = (spec, answered) => {
      this.oracle.starts(spec.key.task, spec.key.attempt, this.#holder.running())
      if (this.disks.scarceMs > CREDITS_MS)
        fail('SPACE: a task starts on a disk that is nearly full')
      const forgotten = chance(this.#random.scripts, this.climate.forgetfulHolder)
      const { deadlineMs } = spec
      const told = { ...spec, deadlineMs: forgotten ? null : deadlineMs }
      if (life.step('terminal start')) this.#asActor(() => terminals.start(told, answered))
    }
    const forget: Terminals['forget'] = (key) => {
      this.oracle.forgets(key.task, key.attempt)
      if (life.step('terminal forget')) this.#asActor(() => terminals.forget(key))
    }
    const list: Terminals['list'] = (answered) => this.#asActor(() => terminals.list(answered))
    const onExit: Terminals['onExit'] = (listener) =>
      this.#asActor(() => terminals.onExit(listener))
    this.#endings.push(() => terminals.stop())
    return { ...terminals, start, forget, list, onExit }
  }

  #step(life: Life, label: string): boolean {
    if (!this.#steps.passes('node', label)) {
      this.clock.defer(() => this.#crash(life, label))
      return false
    }
    return true
  }

  #holderStep(label: string): boolean {
    const passes = this.#steps.passes('holder', label)
    if (!passes) this.#note(`the holder dies at: ${label}`)
    if (!passes) this.#steps.begins('holder', this.climate.holderStepsMax)
    return passes
  }

  #crash(life: Life, label: string): void {
    if (this.#life !== life) return
    this.#note(`life ${life.boot} ends at: ${label}`)
    this.crashCount += 1
    life.end()
    this.#life = undefined
    for (const end of this.#endings.splice(0)) end()
    this.disks.crash()
    const random = this.#random.deaths
    if (!this.#calm && chance(random, 0.1)) this.#holder.crash()
    this.clock.after(5 + Math.floor(1_500 * fraction(random)), () => this.#start())
  }
}

/** What it all began with. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : error
}
