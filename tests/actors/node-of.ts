import { WORK_DEFAULTS, type WorkOptions } from '../../actors/assignment/options.ts'
import type { ToExchange, ToSlots } from '../../actors/assignment/messages.ts'
import type { FleetStatus, NodeStatus } from '../../actors/fleet.ts'
import { Node } from '../../actors/node.ts'
import type { RetentionLimits } from '../../actors/retention/retention.ts'
import { SimulatedHolder, type Script } from '../../actors/simulated-holder.ts'
import { simulatedTerminals, type SimulatedTerminals } from '../../actors/simulated-terminals.ts'
import type { Command, Reply } from '../../actors/task/command.ts'
import { parseSpec } from '../../actors/task/parse-spec.ts'
import { shardOfProject, shardOfTask, taskIdOf } from '../../actors/task/task-id.ts'
import type { Task } from '../../actors/task/task.ts'
import type { AttemptKey, EndReason, TerminalSpec, Terminals } from '../../actors/terminals.ts'
import { OneVoterAuthority } from '../../runtime/authority/one-voter-authority.ts'
import type { Leading, Machine, Shard } from '../../runtime/shard/machine.ts'
import { topologyOp } from '../../runtime/authority/stored-topology.ts'
import type { StoreEntry } from '../../runtime/authority/topology.ts'
import { assert } from '../../runtime/errors.ts'
import { firstTopology } from '../../runtime/placement/first-topology.ts'
import { seededRandom } from '../../runtime/scheduling/random.ts'
import { ulid } from '../../runtime/scheduling/ulid.ts'
import { VirtualClock } from '../../runtime/scheduling/virtual-clock.ts'
import { chainHash } from '../../runtime/storage/checksum.ts'
import { MemoryHighWater } from '../../runtime/storage/high-water.ts'
import { MemoryBlobs } from '../../runtime/storage/blobs/memory-blobs.ts'
import { MemoryEngine } from '../../runtime/storage/memory-engine.ts'
import { SafeStore } from '../../runtime/storage/safe-store.ts'
import { SimulatedSpace } from '../../runtime/storage/space/space.ts'
import { storeIdOf, type StoreId } from '../../runtime/storage/store-id.ts'
import { Loopback } from '../../runtime/transport/loopback.ts'
import type { PeerMessage, Transport } from '../../runtime/transport/transport.ts'
import { Life } from '../sim/life.ts'

export const SELF = storeIdOf('01SELF')

/** What the command `loud` says: more than a row keeps. */
export const LOUD = 'more than a row keeps '.repeat(20)

/** What the commands of these tests do: `[name, runMs?]`. */
function scriptOf({ argv: [name, runMs = '100'] }: TerminalSpec): Script {
  const said = [{ afterMs: 0, text: `${name}\r\n` }]
  const script = { runMs: Number(runMs), code: 0, output: said }
  switch (name) {
    case 'fail':
      return { ...script, code: 3 }
    case 'endless':
      return { ...script, runMs: Infinity }
    case 'segfault':
      return { ...script, signal: 'SIGSEGV' }
    case 'loud':
      return { ...script, output: [{ afterMs: 0, text: LOUD }] }
    case 'nowhere':
      return { ...script, runMs: 0, spawnFails: 'Cannot start in "/nowhere": no such directory' }
    default:
      return script
  }
}

/** Which half of the conversation between exchange and slots the test plays itself. */
type Played = 'exchange' | 'slots' | 'none'

/** What fails once, before or after it is done, when an actor does it next: as by a bug in its handler. */
class Failing {
  readonly next = new Map<string, 'before' | 'after'>()

  run(what: string, act: () => void): void {
    const when = this.next.get(what)
    this.next.delete(what)
    if (when !== 'before') act()
    if (when) throw new HandlerFailure(`it fails ${when}: ${what}`)
  }
}

class HandlerFailure extends Error {
  override readonly name = 'HandlerFailure'
}

/** The transport of the node, on which a test hears all and may speak for one side. */
class Tap implements Transport {
  readonly said: (ToSlots | ToExchange)[] = []
  readonly #loopback: Loopback
  readonly #played: Played
  readonly #failing: Failing

  constructor(loopback: Loopback, played: Played, failing: Failing) {
    this.#loopback = loopback
    this.#played = played
    this.#failing = failing
  }

  /** Who is played hears what is said to it, and nothing that it says itself. */
  send(to: StoreId, message: PeerMessage): void {
    if (message.to === 'shard') return this.#loopback.send(to, message)
    if (this.#played !== 'none' && message.to !== this.#played) return
    const body = message.body as ToSlots | ToExchange
    this.#failing.run(`say ${body.type}`, () => {
      this.said.push(body)
      if (this.#played === 'none') this.#loopback.send(to, message)
    })
  }

  say(message: PeerMessage): void {
    this.#loopback.send(SELF, message)
  }

  receive(listener: (from: StoreId, message: PeerMessage) => void): void {
    this.#loopback.receive(listener)
  }
}

export interface BenchOptions {
  readonly played?: Played
  readonly slots?: number
  readonly labels?: readonly string[]
  readonly work?: Partial<WorkOptions>
  readonly retention?: Partial<RetentionLimits>
  /** Default 1,000. */
  readonly terminalsMax?: number
}

/** A whole node on virtual time: its disks and its holder outlive it. */
export class NodeBench {
  readonly clock = new VirtualClock()
  readonly space = new SimulatedSpace()
  readonly random = seededRandom(1)
  readonly hot = new MemoryEngine(this.clock)
  readonly cold = new MemoryEngine(this.clock)
  readonly holder: SimulatedHolder
  readonly blobs: MemoryBlobs
  /** The disk takes no blob. */
  blobsFull = false
  /** What terminals wrote and the disk has lost, such as `task.1`. */
  readonly lostFiles = new Set<string>()
  readonly alarms: unknown[] = []
  /** The actors that failed because they were made to. */
  readonly failures: string[] = []
  readonly #failing = new Failing()
  /** What was asked of the terminals, over all lives. */
  readonly starts: TerminalSpec[] = []
  readonly ends: { readonly key: AttemptKey; readonly reason: EndReason }[] = []
  readonly #waters = { hot: new MemoryHighWater(), cold: new MemoryHighWater() }
  readonly #options: BenchOptions
  #life: Life | undefined
  #tap: Tap | undefined
  #terminals: SimulatedTerminals | undefined
  #node: Node | undefined
  readonly #decided = new Map<string, unknown>()
  boot = 0

  constructor(options: BenchOptions = {}) {
    this.#options = options
    const { clock, random } = this
    const { terminalsMax = 1_000 } = options
    this.holder = new SimulatedHolder({ clock, random, script: scriptOf, terminalsMax })
    this.blobs = new MemoryBlobs({
      clock,
      file: (name) => (this.lostFiles.has(name) ? undefined : this.holder.file(name)),
      fate: () => (this.blobsFull ? 'full' : 'ok'),
    })
  }

  get node(): Node {
    assert(this.#node, 'the node was started')
    return this.#node
  }

  get terminals(): Terminals {
    assert(this.#terminals, 'the node was started')
    return this.#terminals
  }

  /** A life of the node on what is on the disks; it serves when this returns, unless it has no time. */
  start(waitMs = 100): this {
    this.boot += 1
    const { random } = this
    const life = new Life(this.boot, () => true)
    this.#life = life
    const clock = life.clock(this.clock)
    const { slots = 2, labels = [], work = {}, retention = {}, played = 'none' } = this.#options
    const hot = this.#open(life, 'hot')
    const cold = this.#open(life, 'cold')
    if (this.boot === 1) this.#found(hot)
    this.#tap = new Tap(new Loopback(SELF, clock), played, this.#failing)
    this.#terminals = simulatedTerminals(this.holder, { clock, random })
    this.#node = new Node({
      self: SELF,
      entry: this.#entry(),
      clusterId: 'c',
      hot,
      cold,
      space: this.space,
      authority: new OneVoterAuthority({ store: hot }),
      clock,
      random,
      transport: this.#tap,
      terminals: this.#heard(this.#terminals),
      blobs: this.blobs,
      chain: chainHash,
      work: { ...WORK_DEFAULTS, ...work },
      slots,
      labels,
      retention: { historyDays: 90, historyTasksMax: 1_000, keyDays: 7, ...retention },
      digest: (bytes) => Buffer.from(chainHash(bytes, 0, 0, bytes)).toString('hex'),
      lacks: () => Promise.resolve(false),
      status: (counts) => Promise.resolve({ ...this.#status(), counts }),
      alarm: (_shard, error) => void this.alarms.push(error),
      failed: (actor, error) => {
        if (error instanceof HandlerFailure) this.failures.push(actor)
        else this.alarms.push(error)
      },
      machine: (machine) => this.#watched(machine),
    })
    this.#node.start()
    return this.advance(waitMs)
  }

  /** The terminals, with what is asked of them written down. */
  #heard(terminals: Terminals): Terminals {
    return {
      ...terminals,
      start: (spec, answered) => {
        this.starts.push(spec)
        this.#failing.run('start', () => terminals.start(spec, answered))
      },
      list: (answered) => this.#failing.run('list', () => terminals.list(answered)),
      forget: (key) => this.#failing.run('forget', () => terminals.forget(key)),
      end: (key, reason) => {
        this.ends.push({ key, reason })
        terminals.end(key, reason)
      },
    }
  }

  #watched(machine: Machine<Command>): Machine<Command> {
    const lead = (shard: Shard<Command>): Leading<Command> => {
      const leading = machine.lead(shard)
      return {
        decide: (command, stamp) => leading.decide(command, stamp),
        decided: (changes) => {
          for (const { id, after } of changes) this.#decided.set(id, after)
          leading.decided(changes)
        },
        committed: (changes, at) => leading.committed(changes, at),
        stop: () => leading.stop(),
      }
    }
    return { kinds: machine.kinds, lead }
  }

  /** The task as it was decided, committed or not. */
  decided(id: string): Task | undefined {
    return this.#decided.get(id) as Task | undefined
  }

  /** The program dies; what was acknowledged is on the disks, and the holder goes on. */
  crash(): void {
    this.#life?.end()
    this.#terminals?.stop()
    this.hot.crash()
    this.cold.crash()
    this.blobs.crash()
  }

  restart(waitMs?: number): this {
    this.crash()
    return this.start(waitMs)
  }

  #found(hot: SafeStore): void {
    hot.write([topologyOp(firstTopology('c', SELF, { ...this.#entry(), boot: 0 }))])
    this.clock.advance(10)
  }

  #open(life: Life, name: 'hot' | 'cold'): SafeStore {
    const store = new SafeStore({
      engine: life.engine(this[name], name),
      highWater: this.#waters[name],
      clock: life.clock(this.clock),
      name,
      failed: (error) => void this.alarms.push(error),
    })
    store.open((error) => error && this.alarms.push(error))
    return store
  }

  #entry(): StoreEntry {
    const { boot } = this
    return { node: 'n1', address: '', boot, bootId: `b${boot}`, status: 'up', keyHash: '' }
  }

  #status(): Omit<FleetStatus, 'counts'> {
    const { slots = 2, labels = [] } = this.#options
    const machine = { cpuPercent: 0, memoryBytes: 0, memoryTotalBytes: 0, diskFreeBytes: 0 }
    const node: NodeStatus = {
      ...{ node: 'n1', storeId: SELF, status: 'alive', labels, slots, ...machine, loopLagMs: 0 },
      busy: this.node.busyCount,
    }
    return {
      ...{ version: '', clusterId: 'c', node: 'n1', storeId: SELF, boot: this.boot, upMs: 0 },
      nodes: [node],
      shards: { total: 64, active: this.node.system.shards.activeCount, copies: 1 },
      health: [],
      addresses: { console: '', admin: '' },
    }
  }

  advance(ms: number): this {
    this.clock.advance(ms)
    return this
  }

  /** What was said between exchange and slots since it was last asked. */
  said(): (ToSlots | ToExchange)[] {
    return this.#tap?.said.splice(0) ?? []
  }

  saidOf<T extends (ToSlots | ToExchange)['type']>(
    type: T,
  ): Extract<ToSlots | ToExchange, { readonly type: T }>[] {
    return this.said().filter(
      (each): each is Extract<ToSlots | ToExchange, { readonly type: T }> => each.type === type,
    )
  }

  /** As the slots that the test plays. */
  tellExchange(message: ToExchange, waitMs = 50): this {
    this.#tap?.say({ to: 'exchange', body: message })
    return this.advance(waitMs)
  }

  /** As the exchange that the test plays. */
  tellSlots(message: ToSlots, waitMs = 50): this {
    this.#tap?.say({ to: 'slots', body: message })
    return this.advance(waitMs)
  }

  /**
   * Makes the actor that does `what` next (`start`, `list`, `forget`, or `say` and a message) fail
   * over it, once.
   */
  failAt(what: string, when: 'before' | 'after'): this {
    this.#failing.next.set(what, when)
    return this
  }

  /** Lets time pass until the promise is settled. */
  async result<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false }
    const settle = (): void => void (state.settled = true)
    promise.then(settle, settle)
    for (let steps = 0; !state.settled; steps++) {
      assert(steps < 100_000, 'it is settled within 100 s')
      this.clock.advance(1)
      await Promise.resolve()
    }
    return promise
  }

  ask(shard: number, command: Command): Reply | Error {
    let result: Reply | Error | undefined
    const deadlineMs = this.clock.monotonicMs() + 3_000
    this.node.system.shards.command(shard, command, deadlineMs, (answer) => {
      result = answer instanceof Error ? answer : (answer.reply as Reply)
    })
    while (!result) this.advance(1)
    return result
  }

  /** Submits one task to a project and says its id. */
  submit(spec: object = {}, project = 'p'): string {
    const shard = shardOfProject(project)
    const id = taskIdOf(shard, ulid(this.clock.wallMs(), this.random))
    const tasks = [{ id, spec: parseSpec({ argv: ['ok'], ...spec }) }]
    const reply = this.ask(shard, {
      ...{ type: 'submit', project, tasks, key: id, try: 1, digest: id, by: 'test' },
    })
    assert(!(reply instanceof Error) && reply.type === 'submitted', JSON.stringify(reply))
    return reply.ids[0] ?? ''
  }

  act(type: 'cancel' | 'pause' | 'resume', task: string): Reply | Error {
    return this.ask(shardOfTask(task) ?? -1, { type, task, by: 'bob' })
  }

  task(id: string): Task {
    const reply = this.ask(shardOfTask(id) ?? -1, { type: 'get', task: id })
    assert(!(reply instanceof Error) && reply.type === 'task', JSON.stringify(reply))
    return reply.task
  }
}
