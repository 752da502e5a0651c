/** A task gains one for so long a wait. Unit: ms. */
const STEP_MS = 10 * 60_000
/** And at most so much. */
const GAIN_MAX = 3
/** From here on priorities are a person's decision, and waiting changes nothing. */
const AGELESS = 9

/** What counts when slots are given out: the priority, and how long the task has waited. */
export function effectivePriority(priority: number, waitedMs: number): number {
  if (priority >= AGELESS) return priority
  const gain = Math.min(GAIN_MAX, Math.max(0, Math.floor(waitedMs / STEP_MS)))
  return Math.min(AGELESS - 1, priority + gain)
}
