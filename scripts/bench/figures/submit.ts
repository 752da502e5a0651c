/**
 * Durable submits: a client in a process of its own keeps 64 requests unanswered on one stream; each
 * task is acknowledged alone, after its fsync. BullMQ does the same on a Redis that fsyncs each write.
 */
import { join } from 'node:path'
import { readCredential } from '../../../node/local-access.ts'
import { HighWaterFile } from '../../../runtime/storage/directory/high-water-file.ts'
import { runProgram } from '../programs/program.ts'
import type { Count, Load } from '../programs/load.ts'
import {
  type Bench,
  compared,
  type Figure,
  median,
  type Result,
  stated,
  valueOf,
} from '../figure.ts'
import { inDirectory, startNode } from '../node.ts'
import { BULLMQ, startRedis } from '../redis.ts'

const LOAD: Load = { inFlight: 64, warmMs: 2_000, countMs: 4_000 }
const ROUNDS = 3

export const submit: Figure = {
  id: 'submit',
  title: 'durable submits a second, 64 in flight on one stream, each acknowledged alone',
  measure,
}

/** Both take turns, so that whatever else the machine does falls on both. */
async function measure(bench: Bench): Promise<readonly Result[]> {
  const ours: number[] = []
  const groups: number[] = []
  const theirs: (number | Error)[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    bench.say(`round ${round} of ${ROUNDS}`)
    const { rate, perFsync } = await inDirectory(architect)
    ours.push(rate)
    groups.push(perFsync)
    theirs.push(await valueOf(() => inDirectory((data) => bullmq(bench, data))))
  }
  const failed = theirs.find((value) => value instanceof Error)
  const value = failed ?? median(theirs.map(Number))
  return [
    compared({ id: 'submit', what: 'durable submits', value: median(ours), unit: '/s' }, [
      { name: 'BullMQ', value, least: 2 },
    ]),
    stated({ id: 'submit.group', what: 'for one fsync', value: median(groups), unit: 'submits' }),
  ]
}

async function architect(
  data: string,
): Promise<{ readonly rate: number; readonly perFsync: number }> {
  const node = await startNode(data, ['--slots', '0'])
  const door = { address: node.admin, secret: await readCredential(data) }
  const { rate, total } = (await runProgram('architect-submit.ts', { ...LOAD, ...door })) as Count
  await node.stop()
  return { rate, perFsync: total / fsyncCount(data) }
}

/** A store numbers its commit groups, and fsyncs each once. */
function fsyncCount(data: string): number {
  return new HighWaterFile(join(data, 'HWM.hot'), { create: false }).read()?.sequence ?? NaN
}

async function bullmq({ peers }: Bench, data: string): Promise<number> {
  const from = await peers.npm(BULLMQ)
  const redis = await startRedis(await peers.redis(), data)
  try {
    const options = { ...LOAD, from, port: redis.port }
    const { rate } = (await runProgram('bullmq-submit.ts', options)) as Count
    return rate
  } finally {
    await redis.stop()
  }
}
