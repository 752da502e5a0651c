import type { Peers } from './peers.ts'

/** One row of the benchmark. It is measured in a process of its own, so that none warms another. */
export interface Figure {
  /** What `--only` calls it. */
  readonly id: string
  /** What is measured, in one line. */
  readonly title: string
  /** Rejects if it cannot be measured; a peer that cannot be had is no reason. */
  measure(bench: Bench): Promise<readonly Result[]>
}

/** What a figure may ask of the benchmark. */
export interface Bench {
  readonly peers: Peers
  /** A line for a person who waits. */
  say(line: string): void
}

export interface Result {
  /** That of its figure; what else the figure gives adds a dot and a word, as in `memory.holder`. */
  readonly id: string
  /** What the number is, in a few words. */
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly peers: readonly Peer[]
  /** `null` for a number that is only stated. */
  readonly bar: string | null
  readonly met: boolean
}

export interface Peer {
  readonly name: string
  /** In the result's unit; `null` when the peer cannot be had here. */
  readonly value: number | null
  /** Ours to the peer's. */
  readonly ratio: number | null
  /** Why there is no value. */
  readonly why?: string
}

/** What was measured, before it is judged. */
export type Measured = Pick<Result, 'id' | 'what' | 'value' | 'unit'>

/** Another program, measured in the same run. */
export interface Rival {
  readonly name: string
  /** In our unit, or why it could not be measured. */
  readonly value: number | Error
  /** The ratio, ours to the rival's, that is asked for: at least or at most so much. */
  readonly least?: number
  readonly most?: number
}

/** Only stated. */
export function stated(measured: Measured): Result {
  return { ...measured, peers: [], bar: null, met: true }
}

/** Judged by itself: `most` is in its own unit, and still good. */
export function bounded(measured: Measured, most: number): Result {
  const bar = `at most ${most} ${measured.unit}`
  return { ...measured, peers: [], bar, met: measured.value <= most }
}

/** Judged by its ratios. A bar whose rival cannot be had was not reached. */
export function compared(measured: Measured, rivals: readonly Rival[]): Result {
  const peers = rivals.map((rival) => peerOf(measured.value, rival))
  const bars = rivals.flatMap(barsOf)
  const met = rivals.every((rival, at) => reached(rival, peers[at]?.ratio ?? null))
  return { ...measured, peers, bar: bars.length > 0 ? bars.join(', ') : null, met }
}

function peerOf(ours: number, { name, value }: Rival): Peer {
  if (value instanceof Error) return { name, value: null, ratio: null, why: value.message }
  return { name, value, ratio: ours / value }
}

function barsOf({ name, least, most }: Rival): string[] {
  const bars: string[] = []
  if (least !== undefined) bars.push(`at least ${least} × ${name}`)
  if (most !== undefined) bars.push(`at most ${most} × ${name}`)
  return bars
}

function reached({ least, most }: Rival, ratio: number | null): boolean {
  if (least === undefined && most === undefined) return true
  return ratio !== null && ratio >= (least ?? 0) && ratio <= (most ?? Infinity)
}

/** Runs a rival: what goes wrong with it is its answer, not the end of the figure. */
export async function valueOf<Value>(run: () => Promise<Value>): Promise<Value | Error> {
  try {
    return await run()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The value in the middle: one odd run out of several changes nothing. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

/** The value that so much (a share, as 0.99) of all values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}
