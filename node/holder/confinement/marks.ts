/**
 * Confinement without cgroups: a process belongs to an attempt if it was started with the
 * attempt's mark in its environment, or descends from one that was, or shares the session of the
 * terminal. Only a process that drops the mark and outlives its parents gets away; health says so.
 * Where an environment cannot be read (macOS), descent and session are all there is.
 */
import { type AttemptKey, formatKey } from '../../../actors/terminals.ts'
import type { HolderHealth } from '../protocol.ts'
import { MARK } from '../terminal/environment.ts'
import type { Confinement, Leader } from './confinement.ts'
import {
  allProcesses,
  environmentValue,
  HAS_PROC,
  type ProcessRow,
  processOf,
  signalProcess,
  withDescendants,
} from './processes.ts'

const HEALTH: HolderHealth = {
  confinement: HAS_PROC ? 'marks' : 'group',
  processesMax: null,
  notes: [
    HAS_PROC
      ? 'No cgroup can be written: a process that empties its environment and leaves its session and parents may outlive its attempt'
      : 'No cgroups here: a process that leaves its session and parents may outlive its attempt',
    'The number of processes of an attempt is not limited',
  ],
}

export function markConfinement(store: string): Confinement {
  const prefix = `${store}/`

  const membersOf = (key: AttemptKey, leader: Leader): readonly ProcessRow[] => {
    const rows = allProcesses()
    const mark = `${prefix}${key.task}/${key.attempt}`
    const marked = rows.filter((row) => environmentValue(row.pid, MARK) === mark)
    const members = marked.map((row) => row.pid)
    const reused = rows.some((row) => row.pid === leader.pid && row.startedAt !== leader.startedAt)
    return expand(rows, reused ? members : [leader.pid, ...members])
  }

  return {
    health: HEALTH,
    enter: (_key, argv) => argv,
    members: (key, leader) => membersOf(key, leader).map((row) => row.pid),
    kill: (key, leader) => membersOf(key, leader).forEach(killRow),
    leave: () => undefined,
    retire() {},
    sweep(living) {
      const rows = allProcesses()
      const strays = rows.filter((row) => {
        const key = keyOfMark(environmentValue(row.pid, MARK), prefix)
        return key !== undefined && !living.has(key)
      })
      const found = expand(
        rows,
        strays.map((row) => row.pid),
      )
      found.forEach(killRow)
      return found.length
    },
  }
}

function expand(rows: readonly ProcessRow[], members: readonly number[]): readonly ProcessRow[] {
  const found = withDescendants(rows, new Set(members))
  return rows.filter((row) => found.has(row.pid) && row.pid !== process.pid)
}

/** Only if it is still the process that was looked at. */
function killRow(row: ProcessRow): void {
  if (processOf(row.pid)?.startedAt === row.startedAt) signalProcess(row.pid, 'SIGKILL')
}

function keyOfMark(mark: string | undefined, prefix: string): string | undefined {
  if (!mark?.startsWith(prefix)) return undefined
  const [task, attempt] = mark.slice(prefix.length).split('/')
  return formatKey({ task: task ?? '', attempt: Number(attempt) })
}
