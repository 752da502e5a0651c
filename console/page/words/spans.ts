const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** The two largest units that matter: `61_000` is `1m 1s`, `950` is `0.9s`. Never negative. */
export function formatSpan(ms: number): string {
  if (ms < 10_000) return `${(Math.floor(Math.max(0, ms) / 100) / 10).toFixed(1)}s`
  let rest = ms
  const parts: string[] = []
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
  }
  return parts.slice(0, 2).join(' ')
}

/** The same of what still goes on, in whole seconds: `7s`. */
export function formatRunning(ms: number): string {
  return ms < 10_000 ? `${Math.floor(Math.max(0, ms) / 1_000)}s` : formatSpan(ms)
}

/** How long ago, in one unit: `now`, `12s`, `3m`, `2h`, `5d`. */
export function formatAge(ms: number): string {
  const found = UNITS.find(([, length]) => ms >= length)
  return found ? `${Math.floor(ms / found[1])}${found[0]}` : 'now'
}

/** Local time: `14:03:22` today, `Nov 3, 14:03` before. */
export function formatMoment(wallMs: number, nowMs: number): string {
  const [moment, now] = [new Date(wallMs), new Date(nowMs)]
  if (moment.toDateString() === now.toDateString()) return formatClock(wallMs)
  const day = moment.toLocaleDateString('en-US', { month: 'short', day: 'numeric' })
  return `${day}, ${formatClock(wallMs).slice(0, 5)}`
}

/** `14:03:22`. */
export function formatClock(wallMs: number): string {
  return new Date(wallMs).toLocaleTimeString('en-GB')
}
