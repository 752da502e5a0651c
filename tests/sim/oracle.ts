import type { Change, Leading, Machine, Position, Shard } from '../../runtime/shard/machine.ts'
import { pack } from '../../runtime/storage/codec.ts'
import type { Command } from '../../actors/task/command.ts'
import { ENDED, type Task, type TaskEvent } from '../../actors/task/task.ts'

/** A broken promise, found while a simulation runs. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

/** Sees everything that is committed, over all lives of the node, and stops the run at a broken promise. */
export class Oracle {
  /** Every committed task as its newest committed event left it. */
  readonly tasks = new Map<string, Task>()
  readonly #entries = new Map<string, string>()
  readonly #leaders = new Map<string, number>()
  readonly #committed = new Map<number, number>()
  readonly #outcomes = new Map<string, string>()
  readonly #assigned = new Set<string>()
  readonly #answers = new Map<string, string>()

  /** The machine, with this oracle between it and its shard. */
  watch(machine: Machine<Command>, boot: number): Machine<Command> {
    return {
      kinds: machine.kinds,
      lead: (shard) => {
        this.#leads(shard, boot)
        const leading = machine.lead(shard)
        return this.#watched(leading)
      },
    }
  }

  #watched(leading: Leading<Command>): Leading<Command> {
    return {
      decide: (command, stamp) => leading.decide(command, stamp),
      decided: (changes) => leading.decided(changes),
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
    for (const [id, task] of this.tasks) {
      if (Number(id.slice(1, 3)) !== shard.shard) continue
      const row = shard.row('task', id) as Task | undefined
      if (row && row.version > task.version) this.#adopt(row)
      else if (!row || !same(row, task)) {
        fail(`INV7: ${id} reads ${row?.state ?? 'nothing'} where ${task.state} was committed`)
      }
    }
    for (const [id, row] of shard.rows('task')) if (!this.tasks.has(id)) this.#adopt(row as Task)
  }

  /** What was on disk at a crash, and not yet known to be committed, is committed by the next leader. */
  #adopt(task: Task): void {
    this.tasks.set(task.id, task)
    if (task.attempt > 0) this.#assigned.add(`${task.id}/${task.attempt}`)
    if (ENDED.has(task.state)) this.#outcomes.set(task.id, task.state)
  }

  /** INV2: an index never holds another entry. INV5: one outcome a task, for good. */
  #commit(changes: readonly Change[], at: Position): void {
    const key = `${at.shard} ${at.index}`
    const text = JSON.stringify(changes.map(({ event }) => event))
    const known = this.#entries.get(key)
    if (known !== undefined && known !== text)
      fail(`INV2: entry ${key} is another than the one that was committed`)
    this.#entries.set(key, text)
    this.#committed.set(at.shard, Math.max(at.index, this.#committed.get(at.shard) ?? 0))
    for (const { kind, id, before, after, event } of changes) {
      if (kind === 'task')
        this.#change(id, before as Task | undefined, after as Task | undefined, event as TaskEvent)
    }
  }

  #change(id: string, before: Task | undefined, after: Task | undefined, event: TaskEvent): void {
    if (after) this.tasks.set(id, after)
    if (before && after && ENDED.has(before.state) && before.state !== after.state) {
      fail(`INV5: ${id} was ${before.state} and became ${after.state}`)
    }
    if (event.type === 'assigned') this.#assigned.add(`${id}/${event.attempt}`)
    if (after && ENDED.has(after.state) && !(before && ENDED.has(before.state))) {
      if (this.#outcomes.has(id)) fail(`INV5: ${id} ended twice`)
      this.#outcomes.set(id, after.state)
    }
  }

  /** INV6: nothing starts that was not committed as assigned, or while an earlier attempt still runs. */
  starts(task: string, attempt: number, running: readonly string[]): void {
    const earlier = running.find(
      (key) => key.startsWith(`${task}/`) && key !== `${task}/${attempt}`,
    )
    if (earlier) fail(`INV6: ${task}/${attempt} starts while ${earlier} runs`)
    if (!this.#assigned.has(`${task}/${attempt}`))
      fail(`INV6: ${task}/${attempt} starts before its assignment is committed`)
  }

  /** INV5: the holder's record of an end is given up only for what is written down. */
  forgets(task: string, attempt: number): void {
    const row = this.tasks.get(task)
    const recorded = row?.attempts.some((each) => each.attempt === attempt && each.outcome)
    if (row && row.attempt === attempt && !recorded)
      fail(`INV5: the end of ${task}/${attempt} is forgotten before it is recorded`)
  }

  /** INV3: nothing is answered before it is committed; the same key, the same answer. */
  answered(key: string, ids: readonly string[], shard: number, index: number): void {
    if (index > (this.#committed.get(shard) ?? 0) && !this.#wasCommitted(ids)) {
      fail(`INV3: "${key}" was answered at ${shard}/${index}, before that was committed`)
    }
    const known = this.#answers.get(key)
    const text = ids.join(' ')
    if (known !== undefined && known !== text)
      fail(`INV3: "${key}" was answered ${known}, then ${text}`)
    this.#answers.set(key, text)
  }

  #wasCommitted(ids: readonly string[]): boolean {
    return ids.every((id) => this.tasks.has(id))
  }

  /** INV4 and INV12: in the end every acknowledged task has ended. */
  settled(): string[] {
    const ids = [...this.#answers.values()].flatMap((text) => text.split(' '))
    return ids.filter((id) => !this.#outcomes.has(id))
  }

  get acknowledgedCount(): number {
    return this.#answers.size
  }
}

export function fail(what: string): never {
  throw new Violation(what)
}

function same(a: unknown, b: unknown): boolean {
  return Buffer.compare(pack(a), pack(b)) === 0
}
