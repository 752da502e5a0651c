/** Adds jobs to a BullMQ queue, one a call, and counts those whose promise has come true. */
import { answer, optionsOf } from './program.ts'
import { type Bullmq, queueOf } from './bullmq.ts'
import { counted, type Load } from './load.ts'

const options = optionsOf<Load & Bullmq>()
const queue = await queueOf(options)
let acknowledged = 0

async function ask(): Promise<void> {
  for (;;) {
    await queue.add('shell', { argv: ['true'] })
    acknowledged += 1
  }
}

for (let count = 0; count < options.inFlight; count++) void ask()
answer(await counted(options, () => acknowledged))
