/**
 * Starts a holder: detached, in its own session, with nothing of the node's environment but what a
 * login would give it, so that neither it nor what it starts ever sees the node's secrets.
 *
 * Node strips types with a compiler that stays resident (17 MB); from its compile cache it need
 * not load it. So when this program was never cached, it is loaded once without holding anything.
 */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { holderDirectory } from './ledger.ts'
import type { LadderOptions } from './terminal/ladder.ts'

export interface HolderStart {
  /** The node's data directory, absolute. */
  readonly data: string
  /** Of this directory; part of every mark. */
  readonly store: string
  readonly generation: number
  /** What the node runs; a holder of another build is drained and replaced. */
  readonly build: string
  /** Default 1,000. */
  readonly terminalsMax: number
  /** Of one attempt, threads too, where a cgroup can be written. Default 1,024. */
  readonly processesMax: number
  readonly ladder: LadderOptions
  /** How long an empty holder waits for a node. Default 60 s. */
  readonly lonelyMs: number
  /** `false`: only marks, as on a machine without writable cgroups. */
  readonly cgroups: boolean
}

/**
 * Resident memory counts, and the holder has little to compute: a small young generation, and no
 * optimizing compiler, whose code alone is 5 MB and which made nothing here faster.
 */
const FLAGS = ['--max-semi-space-size=1', '--no-opt']
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'TZ', 'XDG_RUNTIME_DIR']
const PROGRAM = fileURLToPath(import.meta.url).replace(/launch(\.[jt]s)$/, 'main$1')

/** The process id; whether it came up is seen at its socket. */
export function launchHolder(start: HolderStart): number | undefined {
  const directory = holderDirectory(start.data)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const caches = join(directory, 'cache')
  const cache = join(caches, start.build.replaceAll(/[^\w.-]/g, '_'))
  const env = { ...inheritedEnvironment(), NODE_COMPILE_CACHE: cache, MALLOC_ARENA_MAX: '1' }
  if (!existsSync(cache)) {
    rmSync(caches, { recursive: true, force: true })
    spawnSync(process.execPath, [...FLAGS, PROGRAM], { env, stdio: 'ignore' })
  }
  const log = openSync(join(directory, 'holder.log'), 'a', 0o600)
  try {
    const holder = spawn(process.execPath, [...FLAGS, PROGRAM, JSON.stringify(start)], {
      cwd: directory,
      detached: true,
      env,
      stdio: ['ignore', log, log],
    })
    holder.on('error', () => {}) // No process to be had: the socket never answers, which is noticed.
    holder.unref()
    return holder.pid
  } finally {
    closeSync(log)
  }
}

function inheritedEnvironment(): Record<string, string> {
  const found = INHERITED.map((name) => [name, process.env[name]] as const)
  return Object.fromEntries(found.filter((each): each is [string, string] => each[1] !== undefined))
}
