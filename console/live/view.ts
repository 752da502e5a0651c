import type { TaskState } from '../../actors/task/task.ts'
import { RuntimeError } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import type { Channel, Row } from '../protocol.ts'
import {
  deltaFrame,
  encodedRow,
  type EncodedRow,
  type Envelope,
  frameOf,
  snapshotFrames,
} from './frames.ts'
import { sliced } from './sliced.ts'

/**
 * One window on the fleet, shared by all who look through it. Each change of its content raises its
 * sequence; each row knows the sequence of its last change. So a delta can be made from any sequence
 * to the newest, and all that is kept of a viewer is how far it is: one that is slow, or hidden, gets
 * one delta for all that it missed, and the same bytes as everybody else who stands where it stands.
 */
export interface ViewOptions {
  readonly ch: Channel
  readonly ep: string
  readonly clock: Clock
}

export interface Content {
  readonly rows: readonly Row[]
  readonly total?: number
  readonly counts?: Readonly<Record<TaskState, number>>
  readonly cursor?: string
}

/** Somebody who looks. */
export interface Viewer {
  /** The sequence that it has; `undefined` before its first snapshot. */
  at: number | undefined
  /** False: it cannot take anything now, and will call `catchUp` once it can. */
  ready(): boolean
  send(frame: Uint8Array): void
  /** There is nothing to look at any more. `gone`: nor will there be. */
  lost(why: Lost): void
}

export type Lost = 'gone' | 'gap'

/** What a viewer is told of a failure; one that is worth trying again leaves a gap. */
export function lostBy(failure: unknown): Lost {
  return failure instanceof RuntimeError && !failure.retryable ? 'gone' : 'gap'
}

/** Removed rows that are remembered; who is behind them gets a snapshot. */
const GONE_MAX = 1_000
/** Viewers served in one turn of the loop. */
const VIEWERS_A_TURN = 256

interface Kept extends EncodedRow {
  readonly row: Row
  /** Sequence of its last change. */
  readonly s: number
}

export class View {
  readonly #options: ViewOptions
  readonly #viewers = new Set<Viewer>()
  #rows = new Map<string, Kept>()
  readonly #gone: { readonly id: string; readonly s: number }[] = []
  /** The oldest sequence from which a delta can be made. */
  #oldest = 0
  #envelope: Envelope | undefined
  #toldMs = -Infinity
  #snapshot: readonly Uint8Array[] | undefined
  readonly #deltas = new Map<number, Uint8Array | undefined>()
  #sending: 'no' | 'yes' | 'again' = 'no'

  constructor(options: ViewOptions) {
    this.#options = options
  }

  get viewerCount(): number {
    return this.#viewers.size
  }

  /** Told the content as soon as there is some. */
  add(viewer: Viewer): void {
    this.#viewers.add(viewer)
    this.catchUp(viewer)
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer)
  }

  /** Tells everybody that there is nothing to look at any more. */
  lose(why: Lost): void {
    for (const viewer of this.#viewers) viewer.lost(why)
    this.#viewers.clear()
  }

  /** The content from now on. A row that is the same object as before has not changed. */
  update({ rows, ...rest }: Content): void {
    const { ch, ep, clock } = this.#options
    const before = this.#envelope
    const s = (before?.s ?? 0) + 1
    const changed = this.#replace(rows, s)
    if (before && !changed && same(before, rest)) return
    this.#envelope = { ch, ep, s, ...rest, asofMs: clock.wallMs() }
    this.#toldMs = clock.monotonicMs()
    this.#forgetFrames()
    this.#broadcast()
  }

  /** Sends a viewer what it lacks, if it can take it. */
  catchUp(viewer: Viewer): void {
    const envelope = this.#envelope
    if (!envelope || viewer.at === envelope.s || !viewer.ready()) return
    const delta = viewer.at === undefined ? undefined : this.#delta(envelope, viewer.at)
    viewer.at = envelope.s
    if (delta) return viewer.send(delta)
    for (const frame of this.#wholeOf(envelope)) viewer.send(frame)
  }

  /** Tells those who have everything that they do, unless they heard something within `quietMs`. */
  mark(quietMs: number): void {
    const envelope = this.#envelope
    const nowMs = this.#options.clock.monotonicMs()
    if (!envelope || nowMs - this.#toldMs < quietMs) return
    this.#toldMs = nowMs
    const { ch, ep, s } = envelope
    const asofMs = this.#options.clock.wallMs()
    const bookmark = frameOf({ t: 'bm', ch, ep, s, asofMs })
    sliced(this.#options.clock, this.#viewers, VIEWERS_A_TURN, (viewer) => {
      if (viewer.at === s && this.#envelope === envelope && viewer.ready()) viewer.send(bookmark)
    })
  }

  /** True when a row was added, replaced or removed. */
  #replace(rows: readonly Row[], s: number): boolean {
    const before = this.#rows
    const after = new Map<string, Kept>()
    let changed = false
    for (const row of rows) {
      const known = before.get(row.id)
      const kept = known?.row === row ? known : { row, s, ...encodedRow(row) }
      if (kept !== known) changed = true
      after.set(row.id, kept)
    }
    for (const id of before.keys()) {
      if (after.has(id)) continue
      this.#gone.push({ id, s })
      changed = true
    }
    while (this.#gone.length > GONE_MAX) this.#oldest = this.#gone.shift()?.s ?? this.#oldest
    this.#rows = after
    return changed
  }

  #broadcast(): void {
    if (this.#sending !== 'no') {
      this.#sending = 'again'
      return
    }
    this.#sending = 'yes'
    const { clock } = this.#options
    sliced(
      clock,
      this.#viewers,
      VIEWERS_A_TURN,
      (viewer) => this.catchUp(viewer),
      () => {
        const again = this.#sending === 'again'
        this.#sending = 'no'
        if (again) this.#broadcast()
      },
    )
  }

  #delta(envelope: Envelope, f: number): Uint8Array | undefined {
    if (f < this.#oldest) return undefined
    if (this.#deltas.has(f)) return this.#deltas.get(f)
    const rows = [...this.#rows.values()].filter(({ s }) => s > f)
    const removed = new Set(this.#gone.filter(({ s }) => s > f).map(({ id }) => id))
    const rm = [...removed].filter((id) => !this.#rows.has(id))
    const frame = deltaFrame(envelope, f, rows, rm)
    this.#deltas.set(f, frame)
    return frame
  }

  #wholeOf(envelope: Envelope): readonly Uint8Array[] {
    this.#snapshot ??= snapshotFrames(envelope, [...this.#rows.values()])
    return this.#snapshot
  }

  #forgetFrames(): void {
    this.#snapshot = undefined
    this.#deltas.clear()
  }
}

function same(before: Envelope, rest: Omit<Content, 'rows'>): boolean {
  const { total, counts, cursor } = before
  const told = JSON.stringify({ total, counts, cursor })
  return told === JSON.stringify({ total: rest.total, counts: rest.counts, cursor: rest.cursor })
}
