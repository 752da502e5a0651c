/**
 * Terminals: how fast output reaches a follower through the holder, beside `node-pty` read in this
 * process; and how long an echo takes while ten terminals flood.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptKey, TerminalSpec } from '../../actors/terminals.ts'
import { createHolderClient, type HolderClient } from '../../node/holder/client.ts'

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

export const row = { id: 'pty', run }

async function run() {
  const data = mkdtempSync(join(tmpdir(), 'bench-pty-'))
  const holder = createHolderClient({ data, store: 'bench', build: 'bench', lonelyMs: 200 })
  await new Promise<void>((resolve) => {
    holder.onState((state) => {
      if (state === 'ready') resolve()
    })
  })
  try {
    return [await throughput(holder), await echo(holder)]
  } finally {
    holder.close()
    rmSync(data, { recursive: true, force: true })
  }
}

/** Both take turns, so that whatever else the machine does falls on both. */
async function throughput(holder: HolderClient) {
  const ours: number[] = []
  const raw: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    raw.push(await rawFlood())
    ours.push(await heldFlood(holder, `flood-${round}`))
  }
  const value = median(ours)
  const peer = median(raw)
  const ratio = value / peer
  return {
    id: 'pty-throughput',
    value,
    unit: 'MB/s',
    peers: [{ name: 'node-pty in one process, nothing kept', value: peer, ratio }],
    bar: 'at least 0.7 of node-pty',
    met: ratio >= 0.7,
  }
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

async function echo(holder: HolderClient) {
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
    await new Promise((resolve) => setTimeout(resolve, ECHO_EVERY_MS))
    const typedMs = performance.now()
    holder.write(typist.key, Buffer.from('x'))
    await new Promise<void>((resolve) => {
      heard = resolve
    })
    times.push(performance.now() - typedMs)
  }
  for (const { key } of [...floods, typist]) await ended(holder, key)
  times.sort((a, b) => a - b)
  const value = round(times[Math.floor(times.length * 0.99)] ?? Infinity)
  const bar = 'under 50 ms beside ten floods'
  return { id: 'pty-echo-p99', value, unit: 'ms', peers: [], bar, met: value < 50 }
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
  return round(bytes / 1_000 / (performance.now() - startedMs))
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
