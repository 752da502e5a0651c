/** Resident memory of the holder, of each terminal it holds, and of a node that has nothing to do. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHolderClient, type HolderClient } from '../../node/holder/client.ts'

const TERMINALS = 20
/** Until a program that has nothing to do has come to rest. */
const REST_MS = 3_000
const NODE = join(import.meta.dirname, '..', '..', 'node', 'main.ts')

export const row = { id: 'memory', run }

async function run() {
  const holder = await holderMemory()
  return existsSync(NODE) ? [...holder, await nodeMemory()] : holder
}

async function holderMemory() {
  const data = mkdtempSync(join(tmpdir(), 'bench-memory-'))
  const holder = createHolderClient({ data, store: 'bench', build: 'bench', lonelyMs: 200 })
  await new Promise<void>((resolve) => {
    holder.onState((state) => {
      if (state === 'ready') resolve()
    })
  })
  const [pid = 0] = holder.holders()
  await startShell(holder, 0)
  await rest()
  const one = residentMib(pid)
  for (let count = 1; count <= TERMINALS; count++) await startShell(holder, count)
  await rest()
  const each = (residentMib(pid) - one) / TERMINALS
  process.kill(pid, 'SIGTERM')
  holder.close()
  rmSync(data, { recursive: true, force: true })
  return [
    figure({ id: 'holder-memory', value: one, most: 60, what: 'with one idle terminal' }),
    figure({ id: 'terminal-memory', value: each, most: 6, what: 'for each further idle terminal' }),
  ]
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

async function nodeMemory() {
  const data = mkdtempSync(join(tmpdir(), 'bench-node-'))
  const node = spawn(process.execPath, [NODE, '--data', data, '--log', 'json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await said(node, '"ready"')
  await rest()
  const value = residentMib(node.pid ?? 0)
  const over = new Promise((resolve) => node.once('close', resolve))
  node.kill('SIGTERM')
  await over
  rmSync(data, { recursive: true, force: true })
  return figure({ id: 'node-memory', value, most: 150, what: 'idle, without its holder' })
}

function said(program: ChildProcess, word: string): Promise<void> {
  let text = ''
  return new Promise((resolve, reject) => {
    program.stdout?.on('data', (chunk) => {
      text += String(chunk)
      if (text.includes(word)) resolve()
    })
    program.once('close', () =>
      reject(new Error(`Cannot measure a node: it ended, saying "${text}"`)),
    )
  })
}

interface Figure {
  readonly id: string
  readonly value: number
  readonly most: number
  readonly what: string
}

function figure({ id, value, most, what }: Figure) {
  const rounded = Math.round(value * 10) / 10
  const bar = `at most ${most} MiB ${what}`
  return { id, value: rounded, unit: 'MiB', peers: [], bar, met: rounded <= most }
}

function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST_MS))
}
