/** Resident memory of a node that has nothing to do, of its holder, and of each terminal it holds. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createHolderClient, type HolderClient } from '../../../node/holder/client.ts'
import { bounded, type Bench, type Figure, type Result } from '../figure.ts'
import { inDirectory, startNode } from '../node.ts'

const TERMINALS = 20
/** Until a program that has nothing to do has come to rest. */
const REST_MS = 3_000

/** Units: MiB. */
const NODE_MIB_MAX = 150
const HOLDER_MIB_MAX = 60
const TERMINAL_MIB_MAX = 6

export const memory: Figure = {
  id: 'memory',
  title: 'resident memory: an idle node, its holder, each further idle terminal',
  measure,
}

async function measure({ say }: Bench): Promise<readonly Result[]> {
  say('a node without work')
  const node = await inDirectory(nodeMib)
  say(`a holder with 1, then ${TERMINALS + 1} shells`)
  const { holder, each } = await inDirectory(holderMib)
  return [
    inMib({ id: 'memory', what: 'idle node', value: node, most: NODE_MIB_MAX }),
    inMib({ id: 'memory.holder', what: 'its holder', value: holder, most: HOLDER_MIB_MAX }),
    inMib({
      id: 'memory.terminal',
      what: 'a terminal more, in the holder',
      value: each,
      most: TERMINAL_MIB_MAX,
    }),
  ]
}

async function nodeMib(data: string): Promise<number> {
  const node = await startNode(data)
  await pause(REST_MS)
  const value = residentMib(node.pid)
  await node.stop()
  return value
}

async function holderMib(
  data: string,
): Promise<{ readonly holder: number; readonly each: number }> {
  const client = createHolderClient({ data, store: 'bench', build: 'bench', lonelyMs: 200 })
  await new Promise<void>((resolve) => {
    client.onState((state) => {
      if (state === 'ready') resolve()
    })
  })
  const [pid = 0] = client.holders()
  await startShell(client, 0)
  await pause(REST_MS)
  const holder = residentMib(pid)
  for (let count = 1; count <= TERMINALS; count++) await startShell(client, count)
  await pause(REST_MS)
  const each = (residentMib(pid) - holder) / TERMINALS
  process.kill(pid, 'SIGTERM')
  client.close()
  return { holder, each }
}

function startShell(holder: HolderClient, number: number): Promise<void> {
  const spec = {
    key: { task: `shell-${number}`, attempt: 1 },
    argv: ['sh'],
    env: {},
    cols: 80,
    rows: 24,
    deadlineMs: null,
    leash: 'unlimited',
    outputBytesMax: 1024 * 1024,
  } as const
  return new Promise((resolve) => holder.start(spec, () => resolve()))
}

function residentMib(pid: number): number {
  const status = `/proc/${pid}/status`
  if (!existsSync(status)) return Number(execFileSync('ps', ['-o', 'rss=', '-p', `${pid}`])) / 1024
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? NaN) / 1024
}

type InMib = Pick<Result, 'id' | 'what' | 'value'> & { readonly most: number }

function inMib({ most, ...measured }: InMib): Result {
  return bounded({ ...measured, unit: 'MiB' }, most)
}
