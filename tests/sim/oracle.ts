import { namedBy } from '../../actors/retention/blob-sweep.ts'
import type { Command } from '../../actors/task/command.ts'
import type { KeyEvent, KeyRow } from '../../actors/task/kinds.ts'
import { runs } from '../../actors/task/fold.ts'
import { shardOfTask } from '../../actors/task/task-id.ts'
import { ENDED, type Task, type TaskEvent } from '../../actors/task/task.ts'
import type { PastRun } from '../../actors/simulated-holder.ts'
import type { AttemptKey } from '../../actors/terminals.ts'
import { blobIn } from '../../actors/output/transcript.ts'
import type { Change, Leading, Machine, Position, Shard } from '../../runtime/shard/machine.ts'
import { MailOracle } from './mail-oracle.ts'
import { checkOrder } from './order.ts'
import { fail } from './violation.ts'

const DAY_MS = 86_400_000
/** By how much a time limit may be passed. Unit: ms. */
const OVERRUN_MS = 16_000

export interface OracleOptions {
  readonly keyDays: number
  readonly slots: number
  /** The wall clock was set a moment ago, in this life of the node. */
  doubted(): boolean
  monotonicMs(): number
  /** There is a blob of this name, whatever happens. */
  onDisk(hash: string): boolean
  /** Part of what a seed gives: told of every committed entry. */
  note(what: string): void
}

/** Sees everything that is decided and committed, over all lives of the node, and stops the run at a broken promise. */
export class Oracle {
  /** Every committed task as its newest committed event left it; forgotten ones are gone. */
  readonly tasks = new Map<string, Task>()
  readonly forgotten = new Set<string>()
  readonly mail = new MailOracle()
  readonly #options: OracleOptions
  readonly #entries = new Map<string, string>()
  readonly #leaders = new Map<string, number>()
  readonly #committed = new Map<number, number>()
  /** By task and version: what a read may show. */
  readonly #versions = new Map<string, string>()
  readonly #outcomes = new Map<string, string>()
  readonly #assigned = new Set<string>()
  readonly #answers = new Map<string, string>()
  readonly #refusals = new Map<string, string>()
  readonly #never = new Set<string>()
  /** Decided, and committed or not: a crash may show which. */
  readonly #forgetting = new Set<string>()
  /** When the timer that fired last in a shard was due, and when it fired. */
  readonly #fired = new Map<number, { readonly dueMs: number; readonly atMs: number }>()

  constructor(options: OracleOptions) {
    this.#options = options
  }

  /** The machine, with this oracle between it and its shard. */
  watch(machine: Machine<Command>, boot: number): Machine<Command> {
    return {
      kinds: machine.kinds,
      lead: (shard) => {
        this.#leads(shard, boot)
        return this.#watched(machine.lead(shard), shard)
      },
    }
  }

  #watched(leading: Leading<Command>, shard: Shard<Command>): Leading<Command> {
    return {
      decide: (command, stamp) => {
        if (this.#options.doubted()) fail(`TIME: ${command.type} is stamped by a doubted clock`)
        if (command.type === 'assign') checkOrder(shard, command.task, stamp.wallMs)
        if (command.type === 'due') this.#fires(shard, command.task, command.version)
        return leading.decide(command, stamp)
      },
      decided: (changes) => {
        for (const { id, event } of changes) {
          if (event.type === 'forgotten') this.#forgetting.add(id)
          if (event.type === 'answered') this.#forgetting.delete(id)
        }
        leading.decided(changes)
      },
      committed: (changes, at) => {
        this.#commit(changes, at)
        leading.committed(changes, at)
      },
      stop: () => leading.stop(),
    }
  }

  /** INV1: an epoch belongs to one life. INV7: what a new leader reads is what was committed. */
  #leads(shard: Shard<Command>, boot: number): void {
    const key = `${shard.shard} ${shard.epoch}`
    const known = this.#leaders.get(key)
    if (known !== undefined && known !== boot)
      fail(`INV1: epoch ${key} was led in lives ${known} and ${boot}`)
    this.#leaders.set(key, boot)
    this.mail.leads(shard)
    for (const [id, task] of this.tasks)
      if (shardOfTask(id) === shard.shard) this.#reads(shard, id, task)
    for (const [id, row] of shard.rows('task')) if (!this.tasks.has(id)) this.#adopt(row as Task)
    for (const id of this.forgotten) {
      if (shardOfTask(id) === shard.shard && shard.row('task', id))
        fail(`INV7: ${id} was forgotten, and is there again`)
    }
    for (const key of this.#never)
      if (shard.row('key', key)) fail(`OUTCOME: "${key}" was said not to be stored, and is`)
  }

  #reads(shard: Shard<Command>, id: string, task: Task): void {
    const row = shard.row('task', id) as Task | undefined
    if (row && row.version > task.version) return this.#adopt(row)
    if (!row && this.#forgetting.has(id)) return this.#forget(task)
    if (!row || textOf(row) !== textOf(task))
      fail(`INV7: ${id} reads ${row?.state ?? 'nothing'} where ${task.state} was committed`)
  }

  /** What was on disk at a crash, and not yet known to be committed, is committed by the next leader. */
  #adopt(task: Task): void {
    this.#keep(task)
    if (task.attempt > 0) this.#assigned.add(`${task.id}.${task.attempt}`)
    if (ENDED.has(task.state)) this.#outcomes.set(task.id, task.state)
  }

  /** BLOB: what a row names is on disk. */
  #keep(task: Task): void {
    const missing = namedBy(task).find((hash) => !this.#options.onDisk(hash))
    if (missing !== undefined) fail(`BLOB: ${task.id} names ${missing}, which is not on disk`)
    this.tasks.set(task.id, task)
    this.#versions.set(`${task.id} ${task.version}`, textOf(task))
  }

  #forget({ id, state }: Task): void {
    if (!ENDED.has(state)) fail(`FORGOTTEN: ${id} is ${state}`)
    this.tasks.delete(id)
    this.forgotten.add(id)
  }

  /** INV2: an index never holds another entry. */
  #commit(changes: readonly Change[], at: Position): void {
    const key = `${at.shard} ${at.index}`
    const text = JSON.stringify(changes.map(({ event }) => event))
    const known = this.#entries.get(key)
    if (known !== undefined && known !== text)
      fail(`INV2: entry ${key} is another than the one that was committed`)
    this.#entries.set(key, text)
    this.#options.note(`${key} ${text}`)
    this.#committed.set(at.shard, Math.max(at.index, this.#committed.get(at.shard) ?? 0))
    this.mail.commit(at.shard, changes)
    for (const { kind, id, before, after, event } of changes) {
      if (kind === 'key') this.#changeKey(id, before as KeyRow | undefined, event as KeyEvent)
      if (kind === 'task')
        this.#change(id, before as Task | undefined, after as Task | undefined, event as TaskEvent)
    }
  }

  /** INV5: one outcome a task, for good. */
  #change(id: string, before: Task | undefined, after: Task | undefined, event: TaskEvent): void {
    if (!after) return this.#forget(before ?? fail(`FORGOTTEN: ${id} never was`))
    this.#keep(after)
    const over = before && ENDED.has(before.state)
    if (over && before.state !== after.state)
      fail(`INV5: ${id} was ${before.state} and became ${after.state}`)
    if (event.type === 'assigned') this.#assign(after)
    if (!ENDED.has(after.state) || over) return
    if (this.#outcomes.has(id)) fail(`INV5: ${id} ended twice`)
    this.#outcomes.set(id, after.state)
  }

  /** DEPENDENCIES: nobody gets a slot before what it waits for has completed, in whatever shard. */
  #assign({ id, attempt, dependencies }: Task): void {
    this.#assigned.add(`${id}.${attempt}`)
    for (const { id: needed, state } of dependencies) {
      if (state === 'waived' || this.forgotten.has(needed)) continue
      const found = this.tasks.get(needed)?.state
      if (found !== 'completed')
        fail(`DEPENDENCIES: ${id} runs while ${needed} is ${found ?? 'unknown'}`)
    }
  }

  #changeKey(id: string, before: KeyRow | undefined, event: KeyEvent): void {
    if (this.#never.has(id)) fail(`OUTCOME: "${id}" was said not to be stored, and is`)
    if (event.type !== 'forgotten' || !before) return
    const ids = before.reply.type === 'submitted' ? before.reply.ids : []
    const kept = ids.find((task) => this.tasks.has(task))
    if (kept !== undefined) fail(`FORGOTTEN: the key "${id}" of ${kept}`)
    if (before.atMs + this.#options.keyDays * DAY_MS > event.atMs)
      fail(`FORGOTTEN: the key "${id}" before its time`)
    this.#answers.delete(id)
    this.#refusals.delete(id)
  }

  /** TIMERS: what is overdue fires in the order in which it was due. */
  #fires(shard: Shard<Command>, id: string, version: number): void {
    const task = shard.row('task', id) as Task | undefined
    if (task?.version !== version || task.dueMs === undefined) return
    const atMs = this.#options.monotonicMs()
    const last = this.#fired.get(shard.shard)
    if (last?.atMs === atMs && last.dueMs > task.dueMs)
      fail(`TIMERS: ${id} was due at ${task.dueMs} and fires after one of ${last.dueMs}`)
    this.#fired.set(shard.shard, { dueMs: task.dueMs, atMs })
  }

  /**
   * INV6: nothing starts that was not committed as assigned, or while another attempt still runs.
   * SLOTS: never more at a time than there are slots.
   */
  starts(task: string, attempt: number, running: readonly string[]): void {
    const key = `${task}.${attempt}`
    const others = running.filter((each) => each !== key)
    const other = others.find((each) => each.startsWith(`${task}.`))
    if (other) fail(`INV6: ${key} starts while ${other} runs`)
    if (!this.#assigned.has(key)) fail(`INV6: ${key} starts before its assignment is committed`)
    if (others.length >= this.#options.slots)
      fail(`SLOTS: ${key} starts beside ${others.join(', ')}`)
  }

  /** INV5: the holder's record of an end is given up only for what is written down. */
  forgets(task: string, attempt: number): void {
    const row = this.tasks.get(task)
    const recorded = row?.attempts.some((each) => each.attempt === attempt && each.outcome)
    if (row && row.attempt === attempt && !recorded)
      fail(`INV5: the end of ${task}.${attempt} is forgotten before it is recorded`)
  }

  /**
   * LIMIT: nothing outlives its time limit by more than a node that was away, and says at once and
   * every ten seconds what must end. A leader counts what ran before its time by the wall clock.
   * BLOB: what it wrote is named.
   * RESULT: what came of a command that ended by itself is written down as what it was.
   */
  ended({ task, attempt }: AttemptKey, { exit, ranMs }: PastRun, clockSetBackMs: number): void {
    const row = this.tasks.get(task)
    if (!row) return
    const limitMs = row.spec.timeouts.startToCloseMs
    if (ranMs > limitMs + OVERRUN_MS + clockSetBackMs)
      fail(`LIMIT: ${task}.${attempt} ran ${ranMs} of ${limitMs} ms`)
    const { reason, code, signal } = exit
    if (reason !== 'exited') return
    const [oldest] = row.attempts
    if (!oldest || oldest.attempt > attempt) return // Counted only.
    const outcome = row.attempts.find((each) => each.attempt === attempt)?.outcome
    const own = outcome?.class
    const resultless = own === 'lost' || own === 'unknown'
    if (resultless && row.lateResults) return // Its own, or that of another: history keeps one.
    const sort = signal ? 'crash' : code === 0 ? 'ok' : 'exit'
    if (own !== sort)
      fail(`RESULT: ${task}.${attempt} ended as ${sort}, and is ${own ?? 'nothing'}`)
    const [said, named] = [blobIn(exit.transcript)?.hash, blobIn(outcome?.transcript)?.hash]
    if (said !== named) fail(`BLOB: ${task}.${attempt} left ${said}, and names ${named}`)
  }

  /** INV3: nothing is answered before it is committed; the same key, the same answer. */
  answered(key: string, ids: readonly string[], at: Position): void {
    if (at.index > (this.#committed.get(at.shard) ?? 0) && !ids.every((id) => this.#wasThere(id)))
      fail(`INV3: "${key}" was answered at ${at.shard}/${at.index}, before that was committed`)
    const early = ids.find((id) => !this.#wasThere(id))
    if (early) fail(`INV3: "${key}" was answered ${early}, which is not committed`)
    const again = this.#forgetting.delete(key) // Forgotten in an entry that no life knew to be committed.
    if (this.#refusals.has(key) && !again) fail(`INV3: "${key}" was refused, then answered`)
    const known = this.#answers.get(key)
    const text = ids.join(' ')
    if (known !== undefined && known !== text && !again)
      fail(`INV3: "${key}" was answered ${known}, then ${text}`)
    this.#answers.set(key, text)
  }

  #wasThere(id: string): boolean {
    return this.tasks.has(id) || this.forgotten.has(id)
  }

  /** INV3: a refusal of a repeated try is an answer too. */
  refused(key: string, message: string): void {
    if (this.#answers.has(key)) fail(`INV3: "${key}" was answered, then refused: ${message}`)
    const known = this.#refusals.get(key)
    if (known !== undefined && known !== message)
      fail(`INV3: "${key}" was refused: ${known}; then: ${message}`)
    this.#refusals.set(key, message)
  }

  /** OUTCOME: somebody was told that this was not stored, and does not ask again. */
  neverStored(keyId: string): void {
    this.#never.add(keyId)
  }

  /** The version that a read must show at least which begins now; beyond all of them for what was forgotten. */
  reading(id: string): number {
    return this.forgotten.has(id) ? Infinity : (this.tasks.get(id)?.version ?? 0)
  }

  /** READ: of one task, reads are linearizable. */
  read(id: string, atLeast: number, row: Task | undefined): void {
    if (!row) {
      if (atLeast > 0 && !this.forgotten.has(id)) fail(`READ: ${id} is not found, and is there`)
      return
    }
    if (row.version < atLeast) fail(`READ: ${id} reads ${row.version}, and must ${atLeast}`)
    const committed = this.#versions.get(`${id} ${row.version}`)
    if (committed === undefined) fail(`READ: ${id} reads ${row.version} before it is committed`)
    if (committed !== textOf(row)) fail(`READ: ${id} reads ${row.version} as it never was`)
  }

  /** INV4 and INV12: in the end every acknowledged task is there, and every one that is there has ended. */
  unsettled(): readonly string[] {
    const ids = [...this.#answers.values()].flatMap((text) => text.split(' '))
    const lost = ids.find((id) => !this.#wasThere(id))
    if (lost !== undefined) fail(`INV4: ${lost} was acknowledged, and is nowhere`)
    return [...this.tasks.values()].filter(({ state }) => !ENDED.has(state)).map(({ id }) => id)
  }

  /** Tasks that go on only if somebody says how. */
  *waiting(): Generator<Task> {
    for (const task of this.tasks.values())
      if (task.paused || (task.state === 'waiting_human' && !runs(task))) yield task
  }

  get acknowledgedCount(): number {
    return this.#answers.size
  }
}

function textOf(task: Task): string {
  return JSON.stringify(task, sorted)
}

/** Rows that were read back have their fields in another order. */
function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
