import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../../errors.ts'
import { writeDurably } from './durable-file.ts'

/** The newest layout that this build reads and writes. */
export const DIRECTORY_FORMAT = 1

/** `STORE.json`: there is a store in this directory, and which one. */
export interface Sentinel {
  readonly storeId: string
  readonly clusterId: string
  readonly node: string
  readonly format: number
  /** It is a copy of that moment, wall clock ms: to be restored, never to be started. */
  readonly backupMs?: number
}

/** True when a store was ever made here, whatever is left of it. */
export function holdsStore(path: string): boolean {
  return existsSync(fileOf(path))
}

export function writeSentinel(path: string, sentinel: Omit<Sentinel, 'format'>): Promise<void> {
  const { storeId, clusterId, node, backupMs } = sentinel
  const text = JSON.stringify({ storeId, clusterId, node, format: DIRECTORY_FORMAT, backupMs })
  return writeDurably(fileOf(path), `${text}\n`)
}

/** Throws `STORE_REFUSED` when there is none, or none that this build can read. */
export async function readSentinel(path: string): Promise<Sentinel> {
  const text = await readFile(fileOf(path), 'utf8').catch(() => {
    throw new RuntimeError('STORE_REFUSED', `Cannot open "${path}": there is no store in it`)
  })
  const sentinel = parse(text)
  if (!sentinel) {
    throw new RuntimeError('STORE_REFUSED', `Cannot open "${path}": its STORE.json is damaged`)
  }
  if (sentinel.format > DIRECTORY_FORMAT) {
    const message = `Cannot open "${path}": its format is ${sentinel.format}, this build reads up to ${DIRECTORY_FORMAT}`
    throw new RuntimeError('STORE_REFUSED', message)
  }
  return sentinel
}

function parse(text: string): Sentinel | undefined {
  try {
    const { storeId, clusterId, node, format } = JSON.parse(text) as Partial<Sentinel>
    const whole = [storeId, clusterId, node].every((field) => typeof field === 'string')
    if (!whole || typeof format !== 'number') return undefined
    return JSON.parse(text) as Sentinel
  } catch {
    return undefined
  }
}

function fileOf(path: string): string {
  return join(path, 'STORE.json')
}
