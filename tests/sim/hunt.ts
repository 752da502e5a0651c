import { runSeed } from './run-seed.ts'

/*
 * `node hunt.ts FROM TO`: prints the first seed that finds a violation, or `none`. The mutation suite
 * runs it in a process of its own, with one line of the product broken.
 */
const [from = 0, to = 0] = process.argv.slice(2).map(Number)
let found = 'none'
for (let seed = from; seed < to && found === 'none'; seed++) {
  const { violation } = runSeed(seed)
  if (violation !== undefined) found = `${seed} ${violation}`
}
process.stdout.write(`${found}\n`)
