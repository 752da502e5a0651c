import type { TaskSummary } from '../../../actors/fleet.ts'
import type { FromNode } from '../../../console/protocol.ts'

/** A task as lists show it. */
export function rowOf(id: string, over: Partial<TaskSummary> = {}): TaskSummary {
  return {
    ...{ id, project: 'default', kind: 'shell', title: id, state: 'available' },
    ...{ reason: '', priority: 5, attempt: 0, createdMs: 0, updatedMs: 0 },
    ...over,
  }
}

type Of<T extends FromNode['t']> = Extract<FromNode, { readonly t: T }>

const AT = { ch: 'tasks:list', ep: 'one:1' } as const

export function snapOf(over: Partial<Of<'snap'>> = {}): Of<'snap'> {
  return { t: 'snap', ...AT, s: 7, part: 1, parts: 1, rows: [], asofMs: 1_000, ...over }
}

export function deltaOf(over: Partial<Of<'d'>> = {}): Of<'d'> {
  return { t: 'd', ...AT, f: 7, s: 8, up: [], rm: [], asofMs: 2_000, ...over }
}

export function bookmarkOf(over: Partial<Of<'bm'>> = {}): Of<'bm'> {
  return { t: 'bm', ...AT, s: 7, asofMs: 3_000, ...over }
}

export function welcomeOf(over: Partial<Of<'welcome'>> = {}): Of<'welcome'> {
  return {
    ...{ t: 'welcome', node: 'one', boot: 1, nowMs: 0, heartbeatMs: 15_000 },
    ...{ user: { name: 'local', role: 'admin' }, version: '0.1.0', served: 'uws' },
    ...over,
  }
}
