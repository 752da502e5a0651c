import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Program } from './peers.ts'

/** What runs on it: fetched from npm, with what it needs. */
export const BULLMQ = ['bullmq@6.7.0', 'ioredis@5.9.2'] as const

/** As durable as we are: every write is fsynced before it is answered. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
const START_MS = 10_000

export interface Redis {
  readonly port: number
  stop(): Promise<void>
}

/** Starts a Redis that keeps its log in that directory; resolves once it can be connected to. */
export async function startRedis({ file, env }: Program, directory: string): Promise<Redis> {
  const port = await freePort()
  const argv = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', directory, ...DURABLE]
  const child = spawn(file, argv, { env, stdio: 'ignore' })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const untilMs = performance.now() + START_MS
  while (!(await listens(port))) {
    if (performance.now() > untilMs) throw new Error('Cannot start Redis: it does not listen')
    await pause(20)
  }
  return {
    port,
    async stop() {
      child.kill('SIGTERM')
      await gone
    },
  }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}

function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}
