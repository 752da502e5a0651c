import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { caught, rememberFound } from '../tests/sim/caught.ts'
import { crew } from '../tests/sim/crew.ts'
import { MUTATIONS } from '../tests/sim/mutations/table.ts'
import { runSeed, type SeedResult } from '../tests/sim/run-seed.ts'
import type { StepCount } from '../tests/sim/world/steps.ts'
import type { Chunk } from '../tests/sim/worker.ts'

const USAGE = `Usage: npm run sim -- --nodes 1 [--seeds A..B | --seed N [--trace] | --every-step N | --mutations]

Runs a whole node on virtual time: its disks, its holder and who uses it are simulated, crashes and
faults are drawn from the seed, and every promise is checked.

  --nodes 1        a single node: the only size there is so far
  --seeds A..B     these seeds, B not included          [0..100]
  --seed N         one seed; --trace prints what happened in it
  --every-step N   a short life of seed N once for each of its steps, with a death at that step
  --mutations      breaks one rule at a time, and says which seed finds it
  --workers N      processes that run at a time         [one for each processor]
`
const CHUNK = 10
const MUTATION_SEEDS = 200
const SAY_EVERY_MS = 10_000

const OPTIONS = {
  nodes: { type: 'string' },
  seeds: { type: 'string', default: '0..100' },
  seed: { type: 'string' },
  trace: { type: 'boolean', default: false },
  'every-step': { type: 'string' },
  mutations: { type: 'boolean', default: false },
  workers: { type: 'string', default: String(availableParallelism()) },
  help: { type: 'boolean', default: false },
} as const

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function wrong(what: string): never {
  process.stderr.write(`sim: ${what}\n\n${USAGE}`)
  process.exit(2)
}

function rangeOf(text: string): readonly [from: number, to: number] {
  const [, from, to] =
    /^(\d+)\.\.(\d+)$/.exec(text) ?? wrong(`"${text}" is no range such as 0..100`)
  return [Number(from), Number(to)]
}

function countOf(name: string, text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : wrong(`--${name}: "${text}" is no whole number`)
}

function* chunksOf(from: number, to: number): Generator<readonly number[]> {
  for (let at = from; at < to; at += CHUNK)
    yield Array.from({ length: Math.min(CHUNK, to - at) }, (_, offset) => at + offset)
}

/** Sums of all that was run, and what is said while it runs. */
class Totals {
  readonly #total: number
  readonly #what: string
  readonly #replay: (result: SeedResult, run: number) => string
  readonly #startedMs = performance.now()
  readonly #steps = new Map<string, StepCount>()
  readonly #counts = { run: 0, failed: 0, deaths: 0, failures: 0, events: 0, acknowledged: 0 }
  #saidMs = performance.now()

  constructor(total: number, what: string, replay: (result: SeedResult, run: number) => string) {
    this.#total = total
    this.#what = what
    this.#replay = replay
  }

  readonly heard = (result: SeedResult): void => {
    const counts = this.#counts
    counts.run += 1
    counts.deaths += result.crashCount
    counts.failures += result.failureCount
    counts.events += result.eventCount
    counts.acknowledged += result.acknowledgedCount
    for (const [label, { passed, died }] of Object.entries(result.steps)) {
      const sum = this.#steps.get(label) ?? { passed: 0, died: 0 }
      this.#steps.set(label, { passed: sum.passed + passed, died: sum.died + died })
    }
    if (result.violation !== undefined) {
      counts.failed += 1
      say(`seed ${result.seed} (${result.climate}): ${result.violation}`)
      say(`  replay: npm run sim -- --nodes 1 ${this.#replay(result, counts.run)} --trace`)
    }
    this.#maybeProgress()
  }

  #maybeProgress(): void {
    if (performance.now() - this.#saidMs < SAY_EVERY_MS) return
    this.#saidMs = performance.now()
    const { run, failed } = this.#counts
    const seconds = (performance.now() - this.#startedMs) / 1_000
    const pace = `${Math.round((run / seconds) * 60)} a minute`
    process.stderr.write(`sim: ${run} of ${this.#total} ${this.#what}, ${failed} failed, ${pace}\n`)
  }

  /** The closing lines; how many failed. */
  close(): number {
    const { run, failed, deaths, failures, events, acknowledged } = this.#counts
    const most = Math.max(...[...this.#steps.keys()].map((label) => label.length), 0)
    for (const [label, { passed, died }] of [...this.#steps].sort(([a], [b]) => (a < b ? -1 : 1)))
      say(`${label.padEnd(most)}  passed ${passed}, died at ${died}`)
    say(`${deaths} deaths of a node, ${failures} failures of an actor, ${events} events`)
    say(`${acknowledged} requests acknowledged`)
    say(`${run} ${this.#what}, ${failed} failed`)
    return failed
  }
}

async function seeds(from: number, to: number, processes: number): Promise<number> {
  const totals = new Totals(to - from, 'seeds', ({ seed }) => `--seed ${seed}`)
  const chunks = (function* (): Generator<Chunk> {
    for (const each of chunksOf(from, to)) yield { seeds: each }
  })()
  await crew(chunks, processes, totals.heard)
  return totals.close()
}

function one(seed: number, trace: boolean): number {
  const totals = new Totals(1, 'seeds', () => `--seed ${seed}`)
  const result = runSeed(seed, { trace })
  for (const line of result.trace) say(line)
  if (trace) say(`hash ${result.hash}`)
  totals.heard(result)
  return totals.close()
}

async function everyStep(seed: number, processes: number): Promise<number> {
  const whole = runSeed(seed, { deathAt: Infinity })
  const steps = Object.values(whole.steps).reduce((sum, { passed }) => sum + passed, 0)
  const totals = new Totals(steps, 'steps', () => `--every-step ${seed}`)
  const chunks = (function* (): Generator<Chunk> {
    for (const deaths of chunksOf(1, steps + 1)) yield { seeds: [seed], deaths }
  })()
  await crew(chunks, processes, totals.heard)
  return totals.close()
}

async function mutations(processes: number): Promise<number> {
  const waiting = MUTATIONS[Symbol.iterator]()
  const seedOf = new Map<string, string>()
  let survived = 0
  const hunt = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      const found = await caught(next.value, MUTATION_SEEDS)
      if (found === undefined) survived += 1
      else seedOf.set(next.value.name, found.split(' ')[0] ?? '')
      say(`${found === undefined ? 'SURVIVED' : 'caught  '}  ${next.value.name}: ${found ?? ''}`)
    }
  }
  await Promise.all(Array.from({ length: processes }, hunt))
  rememberFound(seedOf)
  say(`${MUTATIONS.length} mutations, ${survived} survived`)
  return survived
}

function options(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ options: OPTIONS }).values
  } catch (error) {
    return wrong((error as Error).message)
  }
}

async function main(): Promise<number> {
  const asked = options()
  const { nodes, seed, trace, 'every-step': every } = asked
  if (nodes !== '1') wrong('say --nodes 1: more nodes come with the release that joins them')
  const processes = Math.max(1, countOf('workers', asked.workers))
  if (asked.mutations) return mutations(processes)
  if (every !== undefined) return everyStep(countOf('every-step', every), processes)
  if (seed !== undefined) return one(countOf('seed', seed), trace)
  return seeds(...rangeOf(asked.seeds), processes)
}

if (options().help) say(USAGE)
else process.exitCode = (await main()) === 0 ? 0 : 1
