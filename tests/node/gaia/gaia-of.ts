import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AdminDoorOptions } from '../../../node/admin/door.ts'
import { writeLocalAccess } from '../../../node/local-access.ts'
import { doorOf, LOCAL_SECRET, type TestDoor } from '../admin/door-of.ts'

const MAIN = fileURLToPath(new URL('../../../node/gaia/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What standard output has had so far. */
  out(): string
  err(): string
}

/** `gaia` as a process of its own, as a shell starts it: no terminal. */
export function start(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...argv], {
    env: { ...process.env, NODE_V8_COVERAGE: undefined, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }))
  })
  return { child, ended, out: () => out, err: () => err }
}

export function gaia(...argv: readonly string[]): Promise<Ended> {
  return start(argv).ended
}

export interface TestNode extends TestDoor {
  readonly directory: string
  /** `gaia` with `--data` after its command's words. */
  gaia(...argv: readonly string[]): Promise<Ended>
}

/** A door over a fleet in memory, and a data directory that tells of it. */
export async function nodeOf(options: Partial<AdminDoorOptions> = {}): Promise<TestNode> {
  const directory = await mkdtemp(join(tmpdir(), 'architect-'))
  const test = await doorOf(options)
  await writeFile(join(directory, 'credential'), `${LOCAL_SECRET}\n`, { mode: 0o600 })
  await tell(directory, test)
  return {
    ...test,
    directory,
    gaia(...argv) {
      const end = argv.indexOf('--')
      const [own, rest] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)]
      return gaia(...own, '--data', directory, ...rest)
    },
    async stop() {
      await test.stop()
      await rm(directory, { recursive: true })
    },
  }
}

/** Says in the directory where the door is, as a node does when it starts. */
export function tell(directory: string, { door }: Pick<TestDoor, 'door'>): Promise<void> {
  return writeLocalAccess(directory, { address: door.address, pid: process.pid, node: 'one' })
}
