/** Submits tasks to a node, each with a key of its own, and counts those that are acknowledged. */
import { connect, type Door } from './admin.ts'
import { answer, optionsOf } from './program.ts'
import { counted, type Load } from './load.ts'

/** A project takes 100,000 waiting tasks: before that, the next one is filled. */
const PROJECT_TASKS = 90_000

const options = optionsOf<Load & Door>()
const stream = connect(options).submit()
let asked = 0
let acknowledged = 0

stream.on('data', ({ replies }) => {
  for (const { failure } of replies) if (failure) throw new Error(failure.message)
  acknowledged += replies.length
  ask(replies.length)
})
ask(options.inFlight)
answer(await counted(options, () => acknowledged))

/** One request for each that was answered: what was answered together is asked together. */
function ask(count: number): void {
  const requests: object[] = []
  for (let left = count; left > 0; left--) {
    asked += 1
    const project = `p${Math.floor(asked / PROJECT_TASKS)}`
    requests.push({ request: asked, project, key: `k${asked}`, specs: [{ argv: ['true'] }] })
  }
  stream.write({ requests })
}
