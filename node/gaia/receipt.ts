import type { Receipt } from '../../runtime/shard/machine.ts'
import { Ending, EXIT } from './exit.ts'

const RECEIPT = /^(\d{1,2})\/(\d{1,15})\/(\d{1,15})\/([0-9a-f]{64})$/

export function formatReceipt({ shard, epoch, index, hash }: Receipt): string {
  return `${shard}/${epoch}/${index}/${hash}`
}

/** What `formatReceipt` wrote; ends with a line on anything else. */
export function parseReceipt(text: string): Receipt {
  const [, shard, epoch, index, hash = ''] = RECEIPT.exec(text) ?? []
  if (hash === '')
    throw new Ending(EXIT.usage, `Cannot verify "${text}": a receipt is shard/epoch/index/hash`)
  return { shard: Number(shard), epoch: Number(epoch), index: Number(index), hash }
}
