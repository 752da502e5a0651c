import { setTimeout as pause } from 'node:timers/promises'
import type { AdminClient } from '../../../node/gaia/client.ts'
import type { Reach } from '../../../node/gaia/command.ts'
import { enduring } from '../../../node/gaia/follow/follow-task.ts'
import type { Journal } from './journal.ts'
import { specOf, type Planned } from './load.ts'

/** So many submit at the same time, each on a connection of its own. */
const LANES = 8
/** This share of the load waits at most, so that it is submitted while things are killed, too. */
const WAITING_SHARE = 0.2
const ROOM_MS = 10

export interface Production {
  /** The id of each task that was acknowledged. */
  readonly acknowledged: ReadonlyMap<number, string>
  /** From the first try of each to its acknowledgement. Unit: ms. */
  readonly delaysMs: readonly number[]
}

/**
 * Submits the whole load, each task under a key of its own, and repeats what was not answered under
 * the same key with a higher try, as every client should.
 */
export class Producer implements Production {
  readonly acknowledged = new Map<number, string>()
  readonly delaysMs: number[] = []
  readonly #load: readonly Planned[]
  readonly #journal: Journal
  readonly #reach: Reach
  #next = 0

  constructor(load: readonly Planned[], journal: Journal, reach: Reach) {
    this.#load = load
    this.#journal = journal
    this.#reach = reach
  }

  async submitAll(): Promise<void> {
    await Promise.all(Array.from({ length: LANES }, () => this.#lane()))
  }

  async #lane(): Promise<void> {
    const notices = { lost: () => {}, found: () => {} }
    let open: Open | undefined
    await enduring({ context: this.#reach, notices, reached: true }, async (client) => {
      for (;;) {
        open ??= await this.#take()
        if (!open) return
        await this.#submit(open, client)
        open = undefined
      }
    })
  }

  async #take(): Promise<Open | undefined> {
    const waitingMax = WAITING_SHARE * this.#load.length
    while (this.#next - this.#journal.endCount > waitingMax) await pause(ROOM_MS)
    const planned = this.#load[this.#next++]
    if (!planned) return undefined
    this.#journal.append(`sent ${planned.number}`)
    return { planned, sentMs: performance.now(), tries: 0 }
  }

  async #submit(open: Open, client: AdminClient): Promise<void> {
    const { number, project } = open.planned
    open.tries += 1
    const { ids } = await client.call('SubmitTask', {
      project,
      specs: [specOf(open.planned, this.#journal.path)],
      key: `crash-${number}`,
      try: open.tries,
    })
    this.#journal.append(`acked ${number}`)
    this.acknowledged.set(number, ids[0] ?? '')
    this.delaysMs.push(performance.now() - open.sentMs)
  }
}

/** Sent, and not acknowledged yet. */
interface Open {
  readonly planned: Planned
  readonly sentMs: number
  tries: number
}
