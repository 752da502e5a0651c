import { parseArgs } from 'node:util'
import { caught } from '../tests/sim/caught.ts'
import { MUTATIONS } from '../tests/sim/mutations.ts'
import { runSeed, type SeedResult } from '../tests/sim/run-seed.ts'

const USAGE = `Usage: npm run sim -- --nodes 1 [--seeds A..B | --seed N [--trace] | --mutations]

Runs a whole node on virtual time, with seeded disks and crashes, and checks its promises.

  --nodes 1      a single node: the only size there is so far
  --seeds A..B   these seeds, B not included        [0..100]
  --seed N       one seed; --trace prints what happened in it
  --mutations    breaks one rule at a time, and says which seed finds it
`
const MUTATION_SEEDS = 1_000
const SAY_EVERY = 500

const OPTIONS = {
  nodes: { type: 'string' },
  seeds: { type: 'string', default: '0..100' },
  seed: { type: 'string' },
  trace: { type: 'boolean', default: false },
  mutations: { type: 'boolean', default: false },
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

function seeds(from: number, to: number, trace: boolean): number {
  let failed = 0
  let crashes = 0
  let acknowledged = 0
  for (let seed = from; seed < to; seed++) {
    const result = runSeed(seed)
    crashes += result.crashCount
    acknowledged += result.acknowledgedCount
    if (result.violation !== undefined) failed += 1
    show(result, trace)
    if ((seed + 1 - from) % SAY_EVERY === 0) process.stderr.write(`sim: ${seed + 1 - from} seeds\n`)
  }
  say(`${crashes} crashes, ${acknowledged} requests acknowledged`)
  say(`${to - from} seeds, ${failed} failed`)
  return failed
}

function show({ seed, violation, trace: lines }: SeedResult, trace: boolean): void {
  if (trace) for (const line of lines) say(line)
  if (violation !== undefined)
    say(`seed ${seed}: ${violation}; replay: npm run sim -- --nodes 1 --seed ${seed} --trace`)
}

async function mutations(): Promise<number> {
  let survived = 0
  for (const mutation of MUTATIONS) {
    const found = await caught(mutation, MUTATION_SEEDS)
    if (found === undefined) survived += 1
    say(
      `${found === undefined ? 'SURVIVED' : 'caught  '}  ${mutation.name}${found ? `: seed ${found}` : ''}`,
    )
  }
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

const asked = options()
if (asked.help) say(USAGE)
else {
  if (asked.nodes !== '1') wrong('say --nodes 1: more nodes come with the release that joins them')
  const [from, to] =
    asked.seed === undefined ? rangeOf(asked.seeds) : [Number(asked.seed), Number(asked.seed) + 1]
  const failures = asked.mutations ? await mutations() : seeds(from, to, asked.trace)
  process.exitCode = failures === 0 ? 0 : 1
}
