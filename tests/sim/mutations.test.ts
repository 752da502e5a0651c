import t from 'tap'
import { caught } from './caught.ts'
import { MUTATIONS } from './mutations/table.ts'

/** A mutation that so many seeds of its climate do not notice survives. */
const SEEDS = 120

t.jobs = 2

for (const mutation of MUTATIONS) {
  t.test(`it is found when they ${mutation.name}`, async (t) => {
    t.type(await caught(mutation, SEEDS), 'string', mutation.name)
  })
}
