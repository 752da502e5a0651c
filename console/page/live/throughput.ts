/**
 * How many tasks ended in each span of time, as far as this page can know: from the counts that it
 * watched, and, for the time before, from when the newest ended tasks ended. Where neither reaches,
 * nothing is known, and that is not shown as none.
 */
export interface Throughput {
  /** The oldest first; the last one is not over yet. */
  readonly buckets: readonly Bucket[]
  readonly seen?: { readonly well: number; readonly unwell: number }
}

export interface Bucket {
  /** Wall clock of the node, a multiple of the span. */
  readonly startMs: number
  readonly well: number
  readonly unwell: number
}

export const SPAN_MS = 10_000
export const BUCKETS_MAX = 60

/** Absolute counts of tasks that ended well and not, as the node had them at a moment. */
export interface Observed {
  readonly well: number
  readonly unwell: number
  readonly atMs: number
}

export const NOTHING: Throughput = { buckets: [] }

/** Counts that fall (old tasks were forgotten) add nothing. */
export function observe(known: Throughput, { well, unwell, atMs }: Observed): Throughput {
  const { seen = { well, unwell } } = known
  const added = { well: Math.max(0, well - seen.well), unwell: Math.max(0, unwell - seen.unwell) }
  return { buckets: grown(known.buckets, atMs, added), seen: { well, unwell } }
}

/** What is known of the time before the first observation, from tasks that ended then. */
export function backfill(
  known: Throughput,
  ended: readonly { readonly atMs: number; readonly well: boolean }[],
): Throughput {
  const untilMs = known.buckets[0]?.startMs
  if (untilMs === undefined) return known
  const earlier = ended.filter(({ atMs }) => atMs < untilMs).sort((a, b) => a.atMs - b.atMs)
  if (earlier.length === 0) return known
  const before = earlier.reduce<readonly Bucket[]>(
    (buckets, { atMs, well }) =>
      grown(buckets, atMs, { well: Number(well), unwell: Number(!well) }),
    [],
  )
  const joined = grown(before, untilMs - 1, { well: 0, unwell: 0 })
  return { ...known, buckets: [...joined, ...known.buckets].slice(-BUCKETS_MAX) }
}

function grown(
  buckets: readonly Bucket[],
  atMs: number,
  added: { readonly well: number; readonly unwell: number },
): readonly Bucket[] {
  const startMs = Math.floor(atMs / SPAN_MS) * SPAN_MS
  const last = buckets.at(-1)
  if (last && startMs <= last.startMs) {
    const { well, unwell } = last
    const more = { ...last, well: well + added.well, unwell: unwell + added.unwell }
    return [...buckets.slice(0, -1), more]
  }
  const between = last ? Math.min(BUCKETS_MAX, (startMs - last.startMs) / SPAN_MS - 1) : 0
  const empty = Array.from({ length: between }, (_, at) => ({
    startMs: startMs - (between - at) * SPAN_MS,
    well: 0,
    unwell: 0,
  }))
  return [...buckets, ...empty, { startMs, ...added }].slice(-BUCKETS_MAX)
}
