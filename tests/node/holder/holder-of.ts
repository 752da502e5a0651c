import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createHolderClient,
  type HolderClient,
  type HolderClientOptions,
} from '../../../node/holder/client.ts'
import { generations } from '../../../node/holder/ledger.ts'
import type { TerminalsWorld } from '../../contracts/terminals.contract.ts'

export interface RealWorld extends TerminalsWorld {
  readonly data: string
  terminals(): HolderClient
}

const UNTIL_MS = 20_000
let stores = 0

/** A node's client and its holder, in a directory of their own. `stop` leaves no process. */
export function holderOf(options: Partial<HolderClientOptions> = {}): RealWorld {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'holder-'))
  const store = `T${process.pid}x${++stores}`
  const all = { data, store, build: 'test', lonelyMs: 5_000, ...options }
  let client = createHolderClient(all)
  return {
    data,
    terminals: () => client,
    restartNode() {
      client.close()
      client = createHolderClient(all)
    },
    crashHolder() {
      for (const pid of client.holders()) process.kill(pid, 'SIGKILL')
    },
    until,
    async stop() {
      client.close()
      const pids = generations(data).map((each) => each.pid)
      for (const pid of pids) maybeSignal(pid, 'SIGTERM')
      await until(() => !pids.some(lives))
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Real processes take real time: looked at each 5 ms. */
export async function until(holds: () => boolean): Promise<void> {
  const untilMs = performance.now() + UNTIL_MS
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`does not hold within ${UNTIL_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** Resident memory. Unit: bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}

export function maybeSignal(pid: number, signal: NodeJS.Signals): void {
  if (lives(pid)) process.kill(pid, signal)
}
