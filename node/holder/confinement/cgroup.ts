/**
 * Confinement by Linux control groups: every attempt is born in a group of its own, under
 * `architect-<store>` in the group of the holder. No process can leave it, and the kernel counts.
 * Version 2 kills a group at once; in version 1 forking is forbidden first, so the loop of kills
 * ends even against a fork bomb.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AttemptKey, formatKey } from '../../../actors/terminals.ts'
import type { Confinement } from './confinement.ts'
import { hasCode, processOf, signalProcess } from './processes.ts'

/** The shell moves itself, then becomes the command: nothing of it ever runs outside. */
const ENTER = 'echo 0 > "$0" && exec "$@"'

export interface CgroupOptions {
  readonly store: string
  /** Processes and threads of one attempt. Default 1,024: more than any build needs, less than a bomb. */
  readonly processesMax: number
}

interface Root {
  readonly version: 1 | 2
  readonly path: string
  readonly counts: boolean
}

/** `undefined` if no cgroup can be written here. */
export function cgroupConfinement(options: CgroupOptions): Confinement | undefined {
  const roots = candidates().map((each) => prepare(each, options.store))
  const usable = roots.filter((root) => root !== undefined)
  const root = usable.find((each) => each.counts) ?? usable[0]
  for (const unused of usable) if (unused !== root) removeTree(unused.path)
  return root && confinementIn(root, options)
}

function confinementIn(root: Root, options: CgroupOptions): Confinement {
  const pathOf = (key: AttemptKey): string => join(root.path, formatKey(key))
  return {
    health: {
      confinement: root.version === 2 ? 'cgroup2' : 'cgroup1',
      processesMax: root.counts ? options.processesMax : null,
      notes: root.counts ? [] : ['The number of processes of an attempt is not limited'],
    },
    enter(key, argv) {
      mkdirSync(pathOf(key), { recursive: true })
      if (root.counts) writeFileSync(join(pathOf(key), 'pids.max'), String(options.processesMax))
      return ['/bin/sh', '-c', ENTER, join(pathOf(key), 'cgroup.procs'), ...argv]
    },
    members: (key) => membersIn(pathOf(key)),
    kill: (key) => killIn(pathOf(key), root),
    leave(key) {
      const reached = root.counts ? timesLimited(pathOf(key)) : 0
      removeTree(pathOf(key))
      if (reached === 0) return undefined
      return `limit_pids: the limit of ${options.processesMax} processes was reached ${reached} times`
    },
    sweep(living) {
      let found = 0
      for (const name of subgroups(root.path)) {
        if (living.has(name)) continue
        const path = join(root.path, name)
        found += membersIn(path).length
        killIn(path, root)
        removeTree(path)
      }
      return found
    },
    retire: () => removeTree(root.path),
  }
}

function killIn(path: string, root: Root): void {
  if (root.version === 2 && maybeWrite(join(path, 'cgroup.kill'), '1')) return
  maybeWrite(join(path, 'pids.max'), '0')
  for (const pid of membersIn(path)) signalProcess(pid, 'SIGKILL')
}

function membersIn(path: string): readonly number[] {
  const own = readLines(join(path, 'cgroup.procs')).map(Number)
  const inner = subgroups(path).flatMap((name) => membersIn(join(path, name)))
  return [...own.filter((pid) => processOf(pid) !== undefined), ...inner]
}

function timesLimited(path: string): number {
  const line = readLines(join(path, 'pids.events')).find((each) => each.startsWith('max '))
  return Number(line?.slice('max '.length) ?? 0)
}

/** Groups whose last zombie is not reaped yet are busy: the next sweep takes them. */
function removeTree(path: string): void {
  for (const name of subgroups(path)) removeTree(join(path, name))
  try {
    rmdirSync(path)
  } catch (error) {
    if (!hasCode(error, 'EBUSY') && !hasCode(error, 'ENOENT')) throw error
  }
}

function subgroups(path: string): readonly string[] {
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean)
  } catch {
    return [] // The group is gone, or this kernel has no such file.
  }
}

function maybeWrite(path: string, text: string): boolean {
  try {
    writeFileSync(path, text)
    return true
  } catch {
    return false
  }
}

/** The holder's own group in the hierarchies that can confine: unified, and version 1 `pids`. */
function candidates(): readonly Omit<Root, 'counts'>[] {
  const found: Omit<Root, 'counts'>[] = []
  for (const line of readLines('/proc/self/mountinfo')) {
    const [mount, filesystem] = line.split(' - ')
    const [, , , inRoot = '/', mountPoint = ''] = mount?.split(' ') ?? []
    const [type, , superOptions = ''] = filesystem?.split(' ') ?? []
    const version = type === 'cgroup2' ? 2 : 1
    if (version === 1 && !(type === 'cgroup' && superOptions.split(',').includes('pids'))) continue
    const own = ownGroup(version)
    const within = inRoot !== '/' && own.startsWith(inRoot) ? own.slice(inRoot.length) : own
    const path = join(mountPoint, within)
    found.push({ version, path: existsSync(path) ? path : mountPoint })
  }
  return found
}

function ownGroup(version: 1 | 2): string {
  for (const line of readLines('/proc/self/cgroup')) {
    const [id, controllers, path] = line.split(':')
    if (version === 2 ? id === '0' : controllers?.split(',').includes('pids')) return path ?? '/'
  }
  return '/'
}

/** Makes the store's group and proves that a process can be born in it. */
function prepare(parent: Omit<Root, 'counts'>, store: string): Root | undefined {
  const path = join(parent.path, `architect-${store}`)
  const trial = join(path, 'trial')
  try {
    mkdirSync(trial, { recursive: true })
  } catch {
    return undefined
  }
  if (parent.version === 2) {
    maybeWrite(join(parent.path, 'cgroup.subtree_control'), '+pids')
    maybeWrite(join(path, 'cgroup.subtree_control'), '+pids')
  }
  const counts = existsSync(join(trial, 'pids.max'))
  const born = spawnSync('/bin/sh', ['-c', ENTER, join(trial, 'cgroup.procs'), 'true'])
  removeTree(trial)
  return born.status === 0 ? { version: parent.version, path, counts } : undefined
}
