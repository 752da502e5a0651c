/** Adds jobs at an even pace; each says when it was sent. Before that, jobs that are not due for an hour. */
import { type Bullmq, queueOf } from './bullmq.ts'
import { type Pace, paced } from './load.ts'
import { answer, optionsOf } from './program.ts'

const HOUR_MS = 3_600_000

const options = optionsOf<Pace & Bullmq>()
const queue = await queueOf(options)
const added: Promise<unknown>[] = []

for (let count = 0; count < options.waiting; count++) {
  added.push(queue.add('shell', { argv: ['true'] }, { delay: HOUR_MS }))
}
await Promise.all(added)
await paced(options, (sentMs) => {
  added.push(queue.add('shell', { argv: ['true'], sentMs }))
})
await Promise.all(added)
answer(added.length)
