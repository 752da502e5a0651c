import type { TaskState } from '../../actors/task/task.ts'
import type { Style, Terminal } from './terminal.ts'

/** How a state is shown: what needs eyes stands out. */
const STATE_STYLES: Readonly<Record<TaskState, Style>> = {
  suspended: 'dim',
  scheduled: 'dim',
  available: 'cyan',
  assigned: 'cyan',
  executing: 'cyan',
  waiting_human: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'dim',
  expired: 'yellow',
  discarded: 'red',
}

export function paintState(terminal: Terminal, state: TaskState, width = 0): string {
  return terminal.paint(STATE_STYLES[state], state.padEnd(width))
}

/** Columns as wide as their widest cell; the last one is not padded. Cells hold no colors. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)))
  }
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

/** One JSON value a line. Bytes and other things that JSON lacks never get here. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`
}

/** Text from elsewhere, safe for a terminal: control characters would move its cursor or worse. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) =>
    character === '\n' || character === '\t' ? ' ' : '\uFFFD',
  )
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const amount = bytes / 1024 ** power
  return `${power === 0 ? amount : amount.toFixed(amount < 10 ? 1 : 0)} ${units[power] ?? ''}`
}

/** Local time, to the second: `2026-11-24 12:01:02`. */
export function formatMoment(wallMs: number): string {
  return new Date(wallMs).toLocaleString('sv-SE')
}
