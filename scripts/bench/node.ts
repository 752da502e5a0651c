import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '..', '..', 'node', 'main.ts')

/** A node as users start it: a process of its own, on free ports. */
export interface BenchNode {
  readonly pid: number
  /** The address of its admin door. */
  readonly admin: string
  /** That of its console. */
  readonly console: string
  /** As a service is stopped; resolves once the process is gone. */
  stop(): Promise<void>
}

/** Starts a node in that directory, with the flags of Node that the launchers give; resolves once it says that it is ready. */
export async function startNode(data: string, flags: readonly string[] = []): Promise<BenchNode> {
  const doors = ['--console', '--admin'].flatMap((flag) => [flag, '127.0.0.1:0'])
  const argv = [MAIN, '--data', data, '--name', 'bench', '--log', 'json', ...doors, ...flags]
  const child = spawn(process.execPath, [...process.execArgv, ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ready = await readyOf(child)
  return {
    pid: child.pid ?? 0,
    ...ready,
    async stop() {
      child.kill('SIGTERM')
      await gone
    },
  }
}

function readyOf(child: ChildProcess): Promise<Pick<BenchNode, 'admin' | 'console'>> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      reject(new Error(`Cannot measure a node: it ended with ${code}, saying "${text}"`)),
    )
    child.stdout?.on('data', (chunk) => {
      text += String(chunk)
      const line = text.split('\n').find((each) => each.startsWith('{"event":"ready"'))
      if (!line?.endsWith('}')) return
      const { admin, console } = JSON.parse(line) as Pick<BenchNode, 'admin' | 'console'>
      resolve({ admin, console })
    })
  })
}

/** Runs in a directory of its own, which is removed after. */
export async function inDirectory<T>(run: (path: string) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'architect-bench-'))
  try {
    return await run(path)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}
