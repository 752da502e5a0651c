/** Takes jobs and is done with each at once. Says at its end how long after it was sent each came. */
import { type Bullmq, workerOf } from './bullmq.ts'
import { nowMs } from './load.ts'
import { answer, optionsOf, say } from './program.ts'

const tookMs: number[] = []
const options = optionsOf<Bullmq & { readonly slots: number }>()
const worker = workerOf(options, async ({ data: { sentMs } }) => {
  if (sentMs !== undefined) tookMs.push(nowMs() - sentMs)
})
await worker.waitUntilReady()
say('ready')
process.once('SIGTERM', () => answer(tookMs))
