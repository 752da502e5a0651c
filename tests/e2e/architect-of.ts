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
  readonly peer: string
}

/** A node as a process of its own, in a directory of its own, on free ports. */
export interface Architect {
  readonly directory: string
  readonly ready: Ready
  readonly child: ChildProcess
  /** Ends the process and resolves once it has. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** The same directory again. */
  restart(): Promise<Architect>
  /** Ends it and removes the directory. */
  remove(): Promise<void>
}

export async function architectOf(directory?: string): Promise<Architect> {
  const own = directory ?? (await mkdtemp(join(tmpdir(), 'architect-e2e-')))
  const doors = ['--console', '--admin', '--peer'].flatMap((flag) => [flag, '127.0.0.1:0'])
  const argv = [MAIN, '--data', own, '--name', 'one', '--slots', '4', '--log', 'json', ...doors]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...argv], {
    env: { ...process.env, NODE_V8_COVERAGE: undefined, UV_THREADPOOL_SIZE: '16' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const ready = await readyOf(child)
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  return {
    directory: own,
    ready,
    child,
    kill,
    restart: () => architectOf(own),
    async remove() {
      await kill('SIGTERM')
      await rm(own, { recursive: true, force: true })
    },
  }
}

function readyOf(child: ChildProcess): Promise<Ready> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.on('close', (code) => reject(new Error(`the node ended with ${code}: ${text}`)))
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part
      const line = text.split('\n').find((each) => each.includes('"event":"ready"'))
      if (line?.endsWith('}')) resolve(JSON.parse(line) as Ready)
    })
  })
}
