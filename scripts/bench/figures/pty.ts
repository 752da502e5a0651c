/**
 * Terminals: how fast output reaches a follower through the holder, beside `node-pty` read in this
 * process; and how long an echo takes while ten terminals flood.
 */
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import type { AttemptKey, TerminalSpec } from '../../../actors/terminals.ts'
import { createHolderClient, type HolderClient } from '../../../node/holder/client.ts'
import {
  bounded,
  compared,
  median,
  quantile,
  type Bench,
  type Figure,
  type Result,
} from '../figure.ts'
import { inDirectory } from '../node.ts'

const FLOOD_BYTES = 48_000_000
const ROUNDS = 5
const FLOODS = 10
const ECHOES = 300
const ECHO_EVERY_MS = 15

interface RawTerminal {
  onData(listener: (chunk: Uint8Array) => void): void
  onExit(listener: () => void): void
}
type Spawn = (file: string, args: readonly string[], options: { encoding: null }) => RawTerminal
/** The types of the package are no module. */
const { spawn } = createRequire(import.meta.url)('node-pty') as { readonly spawn: Spawn }

export const pty: Figure = {
  id: 'pty',
  title: 'terminal output to a subscriber; an echo beside ten floods',
  measure: (bench) => inDirectory((data) => measure(bench, data)),
}

async function measure({ say }: Bench, data: string): Promise<readonly Result[]> {
  const holder = createHolderClient({ data, store: 'bench', build: 'bench', lonelyMs: 200 })
  await new Promise<void>((resolve) => {
    holder.onState((state) => {
      if (state === 'ready') resolve()
    })
  })
  try {
    say(`${ROUNDS} floods each of ${FLOOD_BYTES / 1e6} MB`)
    const flooded = await throughput(holder)
    say(`${ECHOES} echoes beside ${FLOODS} floods`)
    return [flooded, await echo(holder)]
  } finally {
    holder.close()
  }
}

/** Both take turns, so that whatever else the machine does falls on both. */
async function throughput(holder: HolderClient): Promise<Result> {
  const ours: number[] = []
  const raw: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    raw.push(await rawFlood())
    ours.push(await heldFlood(holder, `flood-${round}`))
  }
  return compared(
    { id: 'pty', what: 'output to a subscriber', value: median(ours), unit: 'MB/s' },
    [{ name: 'raw node-pty', value: median(raw), least: 0.7 }],
  )
}

function rawFlood(): Promise<number> {
  const startedMs = performance.now()
  let bytes = 0
  const terminal = spawn('head', ['-c', String(FLOOD_BYTES), '/dev/zero'], { encoding: null })
  terminal.onData((chunk) => {
    bytes += chunk.length
  })
  return new Promise((resolve) => {
    // Its last bytes may be lost: what arrived is counted.
    terminal.onExit(() => resolve(rate(bytes, startedMs)))
  })
}

function heldFlood(holder: HolderClient, task: string): Promise<number> {
  const startedMs = performance.now()
  const spec = specOf(task, ['head', '-c', String(FLOOD_BYTES), '/dev/zero'])
  let bytes = 0
  holder.start(spec, () => {})
  return new Promise((resolve) => {
    follow(holder, spec.key, {
      bytes: (count) => {
        bytes += count
      },
      end() {
        holder.forget(spec.key)
        resolve(rate(bytes, startedMs))
      },
    })
  })
}

async function echo(holder: HolderClient): Promise<Result> {
  const floods = Array.from({ length: FLOODS }, (_, index) => specOf(`yes-${index}`, ['yes']))
  for (const flood of floods) {
    holder.start(flood, () => {})
    follow(holder, flood.key, { bytes() {}, end() {} })
  }
  const typist = specOf('typist', ['cat'])
  let heard = (): void => {}
  holder.start(typist, () => {})
  follow(holder, typist.key, { bytes: () => heard(), end() {} })
  const times: number[] = []
  for (let count = 0; count < ECHOES; count++) {
    await pause(ECHO_EVERY_MS)
    const typedMs = performance.now()
    holder.write(typist.key, Buffer.from('x'))
    await new Promise<void>((resolve) => {
      heard = resolve
    })
    times.push(performance.now() - typedMs)
  }
  for (const { key } of [...floods, typist]) await ended(holder, key)
  const value = quantile(times, 0.99)
  return bounded(
    { id: 'pty.echo', what: `echo p99 beside ${FLOODS} floods`, value, unit: 'ms' },
    50,
  )
}

function ended(holder: HolderClient, key: AttemptKey): Promise<void> {
  return new Promise((resolve) => {
    const listening = holder.onExit((over) => {
      if (over.task !== key.task) return
      listening.cancel()
      holder.forget(key)
      resolve()
    })
    holder.end(key, 'stale')
  })
}

interface Counter {
  bytes(count: number): void
  end(): void
}

function follow(holder: HolderClient, key: AttemptKey, counter: Counter): void {
  holder.follow(key, 0, {
    bytes: (_offset, chunk) => counter.bytes(chunk.length),
    gap() {},
    end: () => counter.end(),
    gone: () => counter.end(),
  })
}

function specOf(task: string, argv: readonly string[]): TerminalSpec {
  return {
    key: { task, attempt: 1 },
    argv,
    env: {},
    cols: 80,
    rows: 24,
    deadlineMs: null,
    leash: 'unlimited',
    outputBytesMax: 64 * 1024 * 1024,
  }
}

function rate(bytes: number, startedMs: number): number {
  return bytes / 1_000 / (performance.now() - startedMs)
}
