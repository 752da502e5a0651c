import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '../../../runtime/scheduling/random.ts'
import { temporaryDirectory } from '../architect-of.ts'
import { Counter, type CounterReport } from './counter.ts'
import { judge, type Verdict } from './history.ts'
import { Journal } from './journal.ts'
import { loadOf, type Planned } from './load.ts'
import { Producer } from './producer.ts'
import { reachOf } from './reach.ts'
import { shotsOf, type Aim, type Shooting, type Shot } from './shots.ts'
import { Target } from './target.ts'
import { Witness } from './witness.ts'

export interface CrashRunOptions extends Shooting {
  /** Of the load, and of the moments of the kills as far as a machine repeats anything. */
  readonly seed: number
  /** One of them is the counter's. With 2 the order of all starts is judged. */
  readonly slots: number
  /** Told each second. */
  readonly progress?: (line: string) => void
}

export interface CrashReport extends Verdict {
  readonly counter: CounterReport
  readonly acknowledgedCount: number
  /** From the first try to the acknowledgement, ascending. Unit: ms. */
  readonly delaysMs: readonly number[]
  /** How often each was hit. */
  readonly hits: Readonly<Record<Aim, number>>
  readonly tookMs: number
  /** Kept when something was wrong. */
  readonly directory: string
}

const LOOK_MS = 20
const TICK_MS = 1_000
/** Nothing has started or ended for so long: nothing will. */
const STUCK_MS = 60_000

/**
 * A load goes through a real node that is killed again and again, and its holder too; what came of
 * it is judged.
 */
export async function crashRun(options: CrashRunOptions): Promise<CrashReport> {
  const directory = await temporaryDirectory()
  const run = new CrashRun(options, directory)
  const report = await run.run()
  if (report.violations.length === 0) await rm(directory, { recursive: true, force: true })
  return report
}

class CrashRun {
  readonly #options: CrashRunOptions
  readonly #directory: string
  readonly #load: readonly Planned[]
  readonly #journal: Journal
  readonly #target: Target
  readonly #over = new AbortController()
  readonly #producer: Producer
  readonly #witness: Witness
  readonly #counter: Counter
  readonly #hits: Record<Aim, number> = { node: 0, holder: 0, stop: 0, 'stop twice': 0 }

  constructor(options: CrashRunOptions, directory: string) {
    this.#options = options
    this.#directory = directory
    this.#load = loadOf(options.tasks, options.seed)
    this.#journal = new Journal(join(directory, 'journal'))
    const data = join(directory, 'data')
    this.#target = new Target(data, options.slots)
    const reach = reachOf(data, this.#over.signal)
    this.#producer = new Producer(this.#load, this.#journal, reach)
    this.#witness = new Witness(reach)
    this.#counter = new Counter(reach, this.#journal, join(directory, 'stop'))
  }

  async run(): Promise<CrashReport> {
    const startedMs = performance.now()
    const clock = setInterval(() => this.#tick(), TICK_MS)
    const reader = setInterval(() => this.#journal.read(), LOOK_MS)
    try {
      await this.#target.ready()
      await this.#counter.start()
      const watching = this.#witness.watch().catch((error: unknown) => this.#overOnly(error))
      const complaints = [...(await this.#goThrough(watching))]
      const counter = await this.#counter.stop()
      const listed = await this.#witness.list()
      this.#over.abort()
      complaints.push(...(await this.#target.stop()))
      await watching
      this.#journal.read()
      const { told } = this.#witness
      const { acknowledged, delaysMs } = this.#producer
      const { happenings } = this.#journal
      const oneSlot = this.#options.slots === 2
      const verdict = judge({ load: this.#load, happenings, acknowledged, told, listed, oneSlot })
      return {
        ...verdict,
        violations: [...verdict.violations, ...counter.violations, ...complaints],
        counter,
        acknowledgedCount: acknowledged.size,
        delaysMs: delaysMs.toSorted((a, b) => a - b),
        hits: this.#hits,
        tookMs: performance.now() - startedMs,
        directory: this.#directory,
      }
    } finally {
      clearInterval(clock)
      clearInterval(reader)
      this.#over.abort()
      this.#target.abandon()
      this.#journal.close()
    }
  }

  /** To the end of the load, or until nothing happens any more. */
  async #goThrough(watching: Promise<void>): Promise<readonly string[]> {
    const parts = [this.#producer.submitAll(), this.#shootAll(), this.#untilAllEnded()]
    const through = Promise.all(parts).then(() => [])
    return Promise.race([through, this.#untilStuck(), watching.then(() => [])])
  }

  async #shootAll(): Promise<void> {
    const random = seededRandom(this.#options.seed + 1)
    for (const shot of shotsOf(this.#options, random)) await this.#shoot(shot)
  }

  async #shoot({ at, ended, delayMs, whileStarting }: Shot): Promise<void> {
    if (!whileStarting) {
      while (this.#journal.endCount < ended) await pause(LOOK_MS)
      await this.#target.ready()
    }
    await pause(delayMs)
    if (at === 'holder' && !this.#target.killHolder()) return
    this.#journal.append(`hit ${at}`)
    this.#hits[at] += 1
    if (at === 'node') await this.#target.killNode()
    if (at === 'stop') await this.#target.restartNode('once')
    if (at === 'stop twice') await this.#target.restartNode('twice')
  }

  async #untilAllEnded(): Promise<void> {
    while (this.#journal.endCount < this.#load.length) await pause(LOOK_MS)
    while ((await this.#witness.live()) > 0) await pause(LOOK_MS)
  }

  async #untilStuck(): Promise<readonly string[]> {
    for (let endCount = -1; endCount !== this.#journal.endCount; ) {
      endCount = this.#journal.endCount
      await pause(STUCK_MS, undefined, { ref: false })
    }
    return [`nothing ended for ${STUCK_MS} ms: ${this.#state()}`]
  }

  #tick(): void {
    this.#journal.append(`tick ${Math.round(performance.now())}`)
    this.#options.progress?.(this.#state())
  }

  #state(): string {
    const { acknowledged } = this.#producer
    const { endCount } = this.#journal
    const hits = Object.entries(this.#hits).filter(([, count]) => count > 0)
    const hit = hits.map(([at, count]) => `, ${at} ${count}`).join('')
    return `${acknowledged.size} of ${this.#options.tasks} acknowledged, ${endCount} ended${hit}`
  }

  #overOnly(error: unknown): void {
    if (!this.#over.signal.aborted) throw error
  }
}
