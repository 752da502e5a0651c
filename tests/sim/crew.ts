import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SeedResult } from './run-seed.ts'
import type { Chunk } from './worker.ts'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))
const FLAGS = ['--disable-warning=ExperimentalWarning']

/** Runs chunks on so many processes at a time, and tells of each result as it comes. */
export async function crew(
  chunks: Iterable<Chunk>,
  processes: number,
  heard: (result: SeedResult) => void,
): Promise<void> {
  const waiting = chunks[Symbol.iterator]()
  await Promise.all(Array.from({ length: processes }, () => work(waiting, heard)))
}

async function work(waiting: Iterator<Chunk>, heard: (result: SeedResult) => void): Promise<void> {
  const worker = fork(WORKER, { execArgv: FLAGS, env: { ...process.env, NODE_OPTIONS: '' } })
  try {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      for (const result of await run(worker, next.value)) heard(result)
    }
  } finally {
    worker.kill()
  }
}

function run(worker: ChildProcess, chunk: Chunk): Promise<readonly SeedResult[]> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void => {
      const what = chunk.deaths ? 'steps of seed' : 'seeds'
      reject(
        new Error(`Cannot run ${what} ${chunk.seeds.join(', ')}: the worker ended with ${code}`),
      )
    }
    worker.once('exit', gone)
    worker.once('message', (results) => {
      worker.off('exit', gone)
      resolve(results as readonly SeedResult[])
    })
    worker.send(chunk)
  })
}
