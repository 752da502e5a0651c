import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import type { PortProbe } from './addresses.ts'

/**
 * Finds out who holds a port of this machine: by binding it, and if that fails by asking the system
 * for the process. A node is known by its process title, so `main.ts` sets it first of all.
 */
export const PROCESS_TITLE = 'architect'

export const probePort: PortProbe = async (host, port) => {
  if (await free(host, port)) return { type: 'nobody' }
  const owner = await ownerOf(port).catch(() => undefined) // Not ours to see: then nameless.
  if (!owner) return { type: 'other' }
  return owner.name === PROCESS_TITLE
    ? { type: 'architect' }
    : { type: 'other', name: `"${owner.name}" (pid ${owner.pid})` }
}

function free(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (failure: NodeJS.ErrnoException) => {
      if (failure.code === 'EADDRINUSE') resolve(false)
      else reject(failure)
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

interface Owner {
  readonly pid: number
  readonly name: string
}

function ownerOf(port: number): Promise<Owner | undefined> {
  return process.platform === 'linux' ? ownerByProc(port) : ownerByLsof(port)
}

/** The process that has the socket whose inode `/proc/net/tcp` shows as listening on the port. */
async function ownerByProc(port: number): Promise<Owner | undefined> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => text(`/proc/net/${table}`)))
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const inodes = tables
    .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === LISTENING)
    .map((columns) => `socket:[${columns[9] ?? ''}]`)
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
      if (!inodes.includes(target)) continue
      return { pid: Number(pid), name: (await text(`/proc/${pid}/comm`)).trim() }
    }
  }
  return undefined
}

const LISTENING = '0A'

async function ownerByLsof(port: number): Promise<Owner | undefined> {
  const { stdout } = await promisify(execFile)('lsof', [
    '-nP',
    `-iTCP:${port}`,
    '-sTCP:LISTEN',
    '-Fpc',
  ])
  const pid = /^p(\d+)$/m.exec(stdout)?.[1]
  const name = /^c(.+)$/m.exec(stdout)?.[1]
  return pid && name ? { pid: Number(pid), name } : undefined
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
