import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../node/main.ts', import.meta.url))

/** The line that a node writes once it is ready. */
export interface Ready {
  readonly node: string
  readonly console: string
  readonly admin: string
}

/** The program `architect`, from its start to its end. */
export interface ArchitectProcess {
  readonly child: ChildProcess
  /** Rejects with what it said when it ends before it is ready. */
  readonly ready: Promise<Ready>
  readonly ended: Promise<Ended>
  out(): string
  /** Empty, unless something is wrong. */
  err(): string
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A node as a process of its own, in a directory of its own, on free ports. */
export interface Architect {
  readonly directory: string
  readonly ready: Ready
  readonly process: ArchitectProcess
  /** Ends the process and resolves once it has. */
  kill(signal: NodeJS.Signals): Promise<Ended>
  /** The same directory again. */
  restart(): Promise<Architect>
  /** Ends it and removes the directory. */
  remove(): Promise<void>
}

export interface ArchitectOptions {
  /** Default: a new one. */
  readonly directory?: string
  /** Default 4. */
  readonly slots?: number
  /** More flags; they win. */
  readonly flags?: readonly string[]
}

export async function architectOf(options: ArchitectOptions = {}): Promise<Architect> {
  const directory = options.directory ?? (await temporaryDirectory())
  const process = spawnArchitect(nodeFlags(directory, options))
  const ready = await process.ready
  const kill = (signal: NodeJS.Signals): Promise<Ended> => {
    process.child.kill(signal)
    return process.ended
  }
  return {
    directory,
    ready,
    process,
    kill,
    restart: () => architectOf({ ...options, directory }),
    async remove() {
      await kill('SIGTERM')
      await rm(directory, { recursive: true, force: true, maxRetries: 10 }) // Its holder may go a moment later.
    },
  }
}

export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'architect-e2e-'))
}

/** Flags of a node that is in nobody's way. */
export function nodeFlags(directory: string, options: ArchitectOptions = {}): readonly string[] {
  const { slots = 4, flags = [] } = options
  const doors = ['--console', '--admin'].flatMap((flag) => [flag, '127.0.0.1:0'])
  const own = ['--data', directory, '--name', 'one', '--slots', String(slots), '--log', 'json']
  return [...own, ...doors, ...flags]
}

export interface Surroundings {
  /** More variables. */
  readonly environment?: Readonly<Record<string, string>>
  /** A command that runs another. */
  readonly within?: readonly string[]
}

export function spawnArchitect(
  flags: readonly string[],
  { environment = {}, within = [] }: Surroundings = {},
): ArchitectProcess {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, ...flags]
  const [command = '', ...argv] = [...within, ...node]
  const child = spawn(command, argv, {
    env: {
      ...process.env,
      NODE_V8_COVERAGE: undefined,
      UV_THREADPOOL_SIZE: '16',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, out, err }))
  })
  const ready = new Promise<Ready>((resolve, reject) => {
    child.on('close', (code) => reject(new Error(`the node ended with ${code}: ${out}${err}`)))
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      out += part
      const line = out.split('\n').find((each) => each.includes('"event":"ready"'))
      if (line?.endsWith('}')) resolve(JSON.parse(line) as Ready)
    })
  })
  ready.catch(() => {}) // Not everybody waits for it.
  return { child, ready, ended, out: () => out, err: () => err }
}
