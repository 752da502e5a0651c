import type { Peer, Result } from './figure.ts'

const HEAD = ['figure', 'what', 'value', 'beside', 'ratio', 'bar', '']

/** The results for a person: a line each, and one more for each further peer. */
export function tableOf(results: readonly Result[]): string {
  const rows = [HEAD, ...results.flatMap(rowsOf)]
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  const missed = results.filter(({ met }) => !met).length
  const end = missed === 0 ? 'every bar is met' : `${missed} of the bars missed`
  return `${rows.map(line).join('\n')}\n\n${end}\n`
}

function rowsOf({ id, what, value, unit, peers, bar, met }: Result): string[][] {
  const [first, ...others] = peers
  const judged = bar === null ? '' : met ? 'met' : 'MISSED'
  const own = [id, what, `${numberOf(value)} ${unit}`, ...beside(first), bar ?? 'stated', judged]
  return [own, ...others.map((peer) => ['', '', '', ...beside(peer), '', ''])]
}

function beside(peer: Peer | undefined): readonly [string, string] {
  if (!peer) return ['', '']
  const { name, value, ratio, why } = peer
  if (value === null || ratio === null) return [`${name}: ${why ?? 'cannot be had'}`, '–']
  return [`${name}: ${numberOf(value)}`, ratio.toFixed(2)]
}

/** Three digits that matter, thousands set apart. */
function numberOf(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 1_000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
