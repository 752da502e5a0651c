/**
 * What this data directory's holders owe: a small file for every attempt that was started and not
 * forgotten, under `holder/held/`. Without an exit it says "may run, find it and end it"; it is
 * written before the command is forked. With one it is the exit record, on disk before anybody
 * hears of it. And a file for every holder, `holder/<generation>.json`, which tells a live one from
 * a dead one.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type AttemptKey, type Exit, formatKey, parseKey } from '../../actors/terminals.ts'
import { processOf } from './confinement/processes.ts'

export interface Entry {
  readonly key: AttemptKey
  /** Of the holder that owes it. */
  readonly generation: number
  readonly startedWallMs: number
  /** As it was asked for: says what its recording holds if its holder dies. Not in records of old. */
  readonly outputBytesMax?: number
  readonly exit?: Exit
}

export interface Generation {
  readonly generation: number
  readonly pid: number
  readonly startedAt: string
}

export class Ledger {
  readonly #directory: string
  readonly #held: string

  constructor(data: string) {
    this.#directory = holderDirectory(data)
    this.#held = join(this.#directory, 'held')
    mkdirSync(this.#held, { recursive: true, mode: 0o700 })
  }

  has(key: AttemptKey): boolean {
    return existsSync(this.#path(key))
  }

  /** Survives the holder, not the machine: with the machine the processes are gone, too. */
  begin(entry: Entry): void {
    writeWhole(this.#path(entry.key), JSON.stringify(entry))
  }

  /** On disk, file and name, when the promise resolves. */
  async finish(entry: Entry): Promise<void> {
    const path = this.#path(entry.key)
    const file = await open(`${path}.new`, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify(entry))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
    const folder = await open(this.#held)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  /** Takes over what another generation owed. */
  adopt(entry: Entry): void {
    const path = this.#path(entry.key)
    writeWhole(path, JSON.stringify(entry))
    for (const each of [path, this.#held]) syncPath(each)
  }

  forget(key: AttemptKey): void {
    rmSync(this.#path(key), { force: true })
  }

  entries(): readonly Entry[] {
    return readdirSync(this.#held).flatMap((name) => {
      const key = parseKey(name)
      const entry = key && readJson<Entry>(join(this.#held, name))
      return entry ? [entry] : []
    })
  }

  #path(key: AttemptKey): string {
    return join(this.#held, formatKey(key))
  }
}

export function holderDirectory(data: string): string {
  return join(data, 'holder')
}

export function socketPath(data: string, generation: number): string {
  return join(holderDirectory(data), `${generation}.sock`)
}

export function announceGeneration(data: string, generation: number): void {
  const startedAt = processOf(process.pid)?.startedAt ?? ''
  const said: Generation = { generation, pid: process.pid, startedAt }
  writeWhole(join(holderDirectory(data), `${generation}.json`), JSON.stringify(said))
}

export function retireGeneration(data: string, generation: number): void {
  rmSync(socketPath(data, generation), { force: true })
  rmSync(join(holderDirectory(data), `${generation}.json`), { force: true })
}

/** Every generation that was announced and not retired, oldest first; dead ones too. */
export function generations(data: string): readonly Generation[] {
  const directory = holderDirectory(data)
  if (!existsSync(directory)) return []
  const found = readdirSync(directory).flatMap((name) => {
    const said = /^\d+\.json$/.test(name) && readJson<Generation>(join(directory, name))
    return said ? [said] : []
  })
  return found.sort((a, b) => a.generation - b.generation)
}

/** Above every generation that anything here still speaks of. */
export function nextGeneration(data: string): number {
  const named = [...generations(data), ...new Ledger(data).entries()]
  return 1 + named.reduce((newest, each) => Math.max(newest, each.generation), 0)
}

export function alive(generation: Generation): boolean {
  return processOf(generation.pid)?.startedAt === generation.startedAt
}

/** `undefined` if it is gone, or half written by a machine that lost power. */
function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
