/** A moment of the wall clock as people read it, to the second: `2026-01-31T08:30:00Z`. */
export function formatMoment(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** A span in the largest unit that says it whole, as `90 min` or `2 d`; in ms if none does. */
export function formatSpan(spanMs: number): string {
  const [name, unitMs] = UNITS.find(([, each]) => spanMs % each === 0 && spanMs > 0) ?? ['ms', 1]
  return `${spanMs / unitMs} ${name}`
}
