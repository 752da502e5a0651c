import { Ending, EXIT } from './exit.ts'

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `10m`, `1h30m`, `7d` as milliseconds. Throws an `Ending` that says how to write it. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9})(ms|s|m|h|d)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new Ending(EXIT.usage, `Cannot read the time "${text}": write 90s, 10m, 1h30m or 7d`)
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitMs(unit), 0)
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/

/** In so long from now, as `10m`, or at a moment of the calendar here, as `2026-12-24T18:00`. */
export function parseMoment(text: string, wallMs: number): number {
  if (!/^\d{4}-/.test(text)) return wallMs + parseDuration(text)
  // A date alone would be taken for one in Greenwich.
  const written = text.length === 10 ? `${text}T00:00` : text
  const moment = MOMENT.test(written) ? Date.parse(written) : NaN
  if (!Number.isNaN(moment)) return moment
  throw new Ending(
    EXIT.usage,
    `Cannot read the moment "${text}": write 2026-12-24T18:00, or 2h for in two hours`,
  )
}

/** The two largest units that matter: `61_000` is `1m 1s`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1_000))
  const parts: string[] = []
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const length = UNIT_MS[unit] / 1_000
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0 || (unit === 's' && parts.length === 0)) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join(' ')
}

function unitMs(unit: string | undefined): number {
  return Object.entries(UNIT_MS).find(([name]) => name === unit)?.[1] ?? 0
}
