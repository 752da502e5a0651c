import type { FromNode, Row } from '../../protocol.ts'

/**
 * What a page holds of one channel: whole rows in the order in which they are shown, and where in
 * the node's sequence they stand. Never changed in place.
 *
 * A delta applies only if it starts where the window stands; anything else is a gap, and the page
 * subscribes anew. A repeated delta is therefore a gap too: it costs a snapshot, never a wrong row.
 */
export interface Window {
  readonly ep: string
  readonly s: number
  readonly rows: readonly Row[]
  /** How many match in all, where the node knows. */
  readonly total?: number
  readonly counts?: Snap['counts']
  readonly cursor?: string
  /** Wall clock of the node when it read this. */
  readonly asofMs: number
}

type Snap = Extract<FromNode, { readonly t: 'snap' }>
type Delta = Extract<FromNode, { readonly t: 'd' }>
type Bookmark = Extract<FromNode, { readonly t: 'bm' }>

/** The parts of a snapshot that have arrived, by number. */
export type Parts = ReadonlyMap<number, Snap>

/** Adds a part: parts of an older snapshot are thrown away. */
export function withPart(parts: Parts, snap: Snap): Parts {
  const [first] = parts.values()
  const same = first?.ep === snap.ep && first.s === snap.s && first.parts === snap.parts
  return new Map([...(same ? parts : []), [snap.part, snap]])
}

/** The window, once every part is there. Parts are numbered from 0 or from 1: their order counts. */
export function windowOf(parts: Parts): Window | undefined {
  const [first] = parts.values()
  if (!first || parts.size < first.parts) return undefined
  const rows = [...parts].sort(([a], [b]) => a - b).flatMap(([, part]) => part.rows)
  const { ep, s, total, counts, cursor, asofMs } = first
  return {
    ...{ ep, s, asofMs, rows: ordered(rows) },
    ...(total !== undefined && { total }),
    ...(counts && { counts }),
    ...(cursor !== undefined && { cursor }),
  }
}

export function applyDelta(window: Window, delta: Delta): Window | 'gap' {
  if (delta.ep !== window.ep || delta.f !== window.s) return 'gap'
  const rows = new Map(window.rows.map((row) => [row.id, row]))
  for (const id of delta.rm) rows.delete(id)
  for (const row of delta.up) rows.set(row.id, row)
  const { s, total, asofMs, counts } = delta
  return {
    ...{ ...window, s, asofMs, rows: ordered(rows.values()) },
    ...(total !== undefined && { total }),
    ...(counts && { counts }),
  }
}

/** A bookmark says that nothing was missed up to its `s`. */
export function applyBookmark(window: Window, { ep, s, asofMs }: Bookmark): Window | 'gap' {
  return ep === window.ep && s === window.s ? { ...window, asofMs } : 'gap'
}

/** Newest change first, then by id: the order in which the node cuts its windows. */
function ordered(rows: Iterable<Row>): readonly Row[] {
  return [...rows].sort((a, b) => changedMs(b) - changedMs(a) || (a.id < b.id ? -1 : 1))
}

function changedMs(row: Row): number {
  return 'updatedMs' in row ? row.updatedMs : 0
}
