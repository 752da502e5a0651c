import { readFileSync } from 'node:fs'
import t from 'tap'
import { CLIMATES } from './world/climate.ts'
import { runSeed, type SeedResult } from './run-seed.ts'

/** Of each climate. */
const FIXED_SEEDS = 8
const NEW_SEEDS = 2
/** Every so many steps of a short life one is died at. */
const STRIDE = 40

/** With power that fails: F4. */
t.test('a node keeps its promises over all that befalls it', async (t) => {
  const first = Math.floor(Math.random() * 1_000_000)
  const fresh = Array.from({ length: NEW_SEEDS * CLIMATES.length }, (_, at) => first + at)
  const fixed = Array.from({ length: FIXED_SEEDS * CLIMATES.length }, (_, at) => at)
  const results = [...fixed, ...regressions(), ...fresh].map((seed) => runSeed(seed))
  for (const { seed, violation } of results) if (violation) t.fail(`seed ${seed}: ${violation}`)
  t.same([...diedAt(results)], [], 'at every sort of step somebody has died')
})

/** The sorts of steps that were passed by all. */
function* diedAt(results: readonly SeedResult[]): Generator<string> {
  const labels = new Set(results.flatMap(({ steps }) => Object.keys(steps)))
  for (const label of labels) if (!results.some(({ steps }) => steps[label]?.died)) yield label
}

t.test('F2: a node keeps its promises whatever step it dies at', async (t) => {
  const { steps, violation } = runSeed(1, { deathAt: Infinity })
  t.equal(violation, undefined)
  const count = Object.values(steps).reduce((sum, { passed }) => sum + passed, 0)
  t.ok(count > 1_000, `${count} steps`)
  const offset = 1 + Math.floor(Math.random() * STRIDE)
  for (let deathAt = offset; deathAt <= count; deathAt += STRIDE) {
    const result = runSeed(1, { deathAt })
    t.equal(result.violation, undefined, `dead at step ${deathAt}`)
  }
})

t.test('the same seed gives the same run', async (t) => {
  for (let seed = 0; seed < CLIMATES.length; seed++)
    t.same(runSeed(seed, { trace: true }), runSeed(seed, { trace: true }))
})

/** Seeds that once found something. */
function regressions(): number[] {
  const text = readFileSync(new URL('seeds.txt', import.meta.url), 'utf8')
  const lines = text.split('\n').filter((line) => /^\d/.test(line))
  return lines.map((line) => Number.parseInt(line, 10))
}
