import { createRequire } from 'node:module'

/** Where BullMQ was installed, and the Redis it works on. */
export interface Bullmq {
  /** A file in the folder that has it, as `Peers.npm` gives it. */
  readonly from: string
  readonly port: number
}

/** As much of BullMQ as is measured. */
export interface Queue {
  add(name: string, payload: object): Promise<{ readonly id?: string }>
  waitUntilReady(): Promise<unknown>
}
interface Package {
  readonly Queue: new (name: string, options: object) => Queue
}

/** A queue with everything as BullMQ has it by default. */
export async function queueOf({ from, port }: Bullmq): Promise<Queue> {
  const bullmq = createRequire(from)('bullmq') as Package
  const queue = new bullmq.Queue('bench', { connection: { host: '127.0.0.1', port } })
  await queue.waitUntilReady()
  return queue
}
