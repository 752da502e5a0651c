import t from 'tap'
import { caught } from './caught.ts'
import { MUTATIONS } from './mutations.ts'
import { runSeed } from './run-seed.ts'
import { readFileSync } from 'node:fs'

const FIXED_SEEDS = 50
const NEW_SEEDS = 50
/** A mutation that so many seeds do not notice survives. */
const MUTATION_SEEDS = 400

t.test('a node keeps its promises over crashes at every write and step', async (t) => {
  const first = Math.floor(Math.random() * 1_000_000)
  const fresh = Array.from({ length: NEW_SEEDS }, (_, at) => first + at)
  const fixed = Array.from({ length: FIXED_SEEDS }, (_, at) => at)
  const failed = [...fixed, ...regressions(), ...fresh]
    .map(runSeed)
    .filter(({ violation }) => violation)
  for (const { seed, violation } of failed) t.fail(`seed ${seed}: ${violation}`)
  t.same(failed.length, 0)
})

t.test('the same seed gives the same run', async (t) => {
  t.same(runSeed(7), runSeed(7))
})

t.test('each broken rule is found', async (t) => {
  for (const mutation of MUTATIONS) {
    t.type(await caught(mutation, MUTATION_SEEDS), 'string', mutation.name)
  }
})

/** Seeds that once found something. */
function regressions(): number[] {
  const text = readFileSync(new URL('seeds.txt', import.meta.url), 'utf8')
  const lines = text.split('\n').filter((line) => /^\d/.test(line))
  return lines.map((line) => Number.parseInt(line, 10))
}
