import { CLIMATES } from './world/climate.ts'
import { runSeed } from './run-seed.ts'

/*
 * `node hunt.ts CLIMATE SEEDS [SEED]`: prints the first that finds a violation, of one seed and then of
 * so many of a climate, or `none`. The mutation suite runs it in a process of its own, with some lines of
 * the product broken.
 */
const [climate, seeds = '0', known] = process.argv.slice(2)
const first = CLIMATES.findIndex(({ name }) => name === climate)
if (first < 0) throw new Error(`there is no climate "${climate}"`)
const all = Array.from({ length: Number(seeds) }, (_, at) => first + at * CLIMATES.length)
let found = 'none'
for (const seed of known === undefined ? all : [Number(known), ...all]) {
  const { violation } = runSeed(seed)
  if (violation !== undefined) found = `${seed} ${violation}`
  if (violation !== undefined) break
}
process.stdout.write(`${found}\n`)
