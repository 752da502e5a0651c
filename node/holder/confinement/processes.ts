/**
 * Processes of this machine, as read from `/proc` (Linux) or `ps` (elsewhere).
 *
 * A process id alone names nobody: ids are used again. With the moment it started it names one
 * process until the next boot, so both are compared before anything is concluded or killed.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

export interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Foreground group of its terminal; -1: none. */
  readonly foreground: number
  /** Only to be compared for equality. */
  readonly startedAt: string
}

/** Of -1,000 to 1,000: counts as if it had half of the memory in addition to its own. */
const OFFERED_FIRST = '500'

export const HAS_PROC = process.platform === 'linux'

/** `undefined` if there is none, or only its zombie. */
export function processOf(pid: number): ProcessRow | undefined {
  return HAS_PROC
    ? parseStat(pid, readProc(pid, 'stat'))
    : rowsOfPs().find((row) => row.pid === pid)
}

export function allProcesses(): readonly ProcessRow[] {
  if (!HAS_PROC) return rowsOfPs()
  const rows: ProcessRow[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const row = parseStat(Number(name), readProc(Number(name), 'stat'))
    if (row) rows.push(row)
  }
  return rows
}

/** The value of an environment variable as the process was given it; `undefined` if it is not ours to see. */
export function environmentValue(pid: number, name: string): string | undefined {
  const text = HAS_PROC ? readProc(pid, 'environ') : ''
  const start = `${name}=`
  const found = text.split('\0').find((entry) => entry.startsWith(start))
  return found?.slice(start.length)
}

/** Adds everything that descends from a member, or shares its session. */
export function withDescendants(
  rows: readonly ProcessRow[],
  members: ReadonlySet<number>,
): ReadonlySet<number> {
  const found = new Set(members)
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const row of rows) {
      if (found.has(row.parent) || found.has(row.session)) found.add(row.pid)
    }
  }
  return found
}

/** Sends a signal to one process, or with a negative id to a group. Gone already is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error
  }
}

/**
 * When the machine's memory is used up, the kernel ends this process, and what it starts from now
 * on, before any other: the node and the holder are left. Linux only.
 */
export function offerFirst(pid: number): void {
  try {
    if (HAS_PROC) writeFileSync(`/proc/${pid}/oom_score_adj`, OFFERED_FIRST)
  } catch {
    // Over already, or a system that has no such file.
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function readProc(pid: number, file: 'stat' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return '' // Gone since it was listed, or another user's.
  }
}

/** proc(5): `pid (name) state ppid pgrp session tty_nr tpgid …`; the name may hold anything. */
function parseStat(pid: number, stat: string): ProcessRow | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group, session, , foreground] = fields
  const startedAt = fields[19]
  if (!startedAt || state === 'Z' || state === 'X') return undefined
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    foreground: Number(foreground),
    startedAt,
  }
}

function rowsOfPs(): readonly ProcessRow[] {
  const text = execFileSync('ps', ['-axo', 'pid=,ppid=,pgid=,tpgid=,stat=,lstart='], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  })
  const rows: ProcessRow[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\S+)\s+(.+)$/.exec(line)
    if (!match || match[5]?.startsWith('Z')) continue
    const [pid, parent, group, foreground] = match.slice(1, 5).map(Number)
    rows.push({
      pid: pid ?? 0,
      parent: parent ?? 0,
      group: group ?? 0,
      session: group ?? 0, // `ps` of macOS does not say; a group never spans sessions.
      foreground: foreground ?? -1,
      startedAt: match[6] ?? '',
    })
  }
  return rows
}
