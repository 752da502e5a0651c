import { createRequire } from 'node:module'

/** Where BullMQ was installed, and the Redis it works on. */
export interface Bullmq {
  /** A file in the folder that has it, as `Peers.npm` gives it. */
  readonly from: string
  readonly port: number
}

/** As much of BullMQ as is measured. */
export interface Queue {
  add(name: string, payload: Payload, options?: object): Promise<unknown>
  waitUntilReady(): Promise<unknown>
}
export interface Payload {
  readonly argv: readonly string[]
  readonly sentMs?: number | undefined
}
interface Worker {
  waitUntilReady(): Promise<unknown>
}
type Processor = (job: { readonly data: Payload }) => Promise<void>

interface Package {
  readonly Queue: new (name: string, options: object) => Queue
  readonly Worker: new (name: string, run: Processor, options: object) => Worker
}

const QUEUE = 'bench'

/** A queue with everything as BullMQ has it by default. */
export async function queueOf(options: Bullmq): Promise<Queue> {
  const queue = new (packageOf(options).Queue)(QUEUE, connectionOf(options))
  await queue.waitUntilReady()
  return queue
}

/** The same, of a worker, but for how many jobs it takes at a time. */
export function workerOf(
  { slots, ...options }: Bullmq & { readonly slots: number },
  run: Processor,
): Worker {
  const { Worker } = packageOf(options)
  return new Worker(QUEUE, run, { ...connectionOf(options), concurrency: slots })
}

function packageOf({ from }: Bullmq): Package {
  return createRequire(from)('bullmq') as Package
}

function connectionOf({ port }: Bullmq): object {
  return { connection: { host: '127.0.0.1', port, maxRetriesPerRequest: null } }
}
