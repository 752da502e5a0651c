/**
 * From submit to accepted by a worker: 1,000 tasks a second at an even pace, slots to spare, and
 * 1,000 tasks waiting that no slot may take. Whoever submits and whoever works share a clock, and no
 * process. The commands themselves take no time, as BullMQ's jobs do not.
 */
import { readCredential } from '../../../node/local-access.ts'
import { type Bench, compared, type Figure, quantile, type Result, valueOf } from '../figure.ts'
import { inDirectory } from '../node.ts'
import type { Pace } from '../programs/load.ts'
import { runProgram, startProgram } from '../programs/program.ts'
import { BULLMQ, startRedis } from '../redis.ts'

const PACE: Pace = { perSecond: 1_000, warmMs: 3_000, countMs: 10_000, waiting: 1_000 }
const SLOTS = 64
const ROUNDS = 2

export const assign: Figure = {
  id: 'assign',
  title: 'submit to accepted by a worker, p99, at 1,000 tasks a second',
  measure,
}

/** Both take turns, and what they took in all rounds is judged together. */
async function measure(bench: Bench): Promise<readonly Result[]> {
  const ours: number[] = []
  const theirs: number[] = []
  let failed: Error | undefined
  for (let round = 1; round <= ROUNDS; round++) {
    bench.say(`round ${round} of ${ROUNDS}`)
    ours.push(...(await inDirectory(architect)))
    const took = await valueOf(() => inDirectory((data) => bullmq(bench, data)))
    if (took instanceof Error) failed = took
    else theirs.push(...took)
  }
  const at = (share: number, what: string, most?: number): Result => {
    const id = share === 0.99 ? 'assign' : 'assign.median'
    const value = failed ?? quantile(theirs, share)
    const rival = { name: 'BullMQ', value, ...(most === undefined ? {} : { most }) }
    return compared({ id, what, value: quantile(ours, share), unit: 'ms' }, [rival])
  }
  return [at(0.99, 'submit to accepted, p99', 0.5), at(0.5, 'the same, median')]
}

async function architect(data: string): Promise<readonly number[]> {
  const node = await startProgram('instant-node.ts', { data, slots: SLOTS })
  const { admin } = node.ready as { readonly admin: string }
  const door = { address: admin, secret: await readCredential(data) }
  await runProgram('architect-pace.ts', { ...PACE, ...door })
  return (await node.stop()) as readonly number[]
}

async function bullmq({ peers }: Bench, data: string): Promise<readonly number[]> {
  const from = await peers.npm(BULLMQ)
  const redis = await startRedis(await peers.redis(), data)
  try {
    const options = { from, port: redis.port }
    const worker = await startProgram('bullmq-worker.ts', { ...options, slots: SLOTS })
    await runProgram('bullmq-pace.ts', { ...PACE, ...options })
    return (await worker.stop()) as readonly number[]
  } finally {
    await redis.stop()
  }
}
