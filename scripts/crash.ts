import { parseArgs } from 'node:util'
import { crashRun, type CrashReport } from '../tests/e2e/crash/run.ts'

const USAGE = `Usage: npm run crash -- [--tasks N] [--kills N] [--holder-kills N] [--stops N] [--slots N] [--seed N]

Submits shell tasks of mixed priority to a real node, kills the node and the holder of its terminals
with kill -9 at random moments, starts the node again each time, and judges what came of the tasks
by what could be seen from outside. Ends with 0 if nothing was wrong.

  --tasks N         [1000]
  --kills N         of the node [10]; some hit it while it starts
  --holder-kills N  [2]
  --stops N         the node is asked to stop, every other time twice [2]
  --slots N         one is for a program that runs through; with 2 the order is judged [2]
  --seed N          of the tasks and of the moments of the kills [1]
`
/** A task that is acknowledged later than this after its first try counts as late. Unit: ms. */
const LATE_MS = 10_000
/** Of what was wrong, so much is shown: one cause has many effects. */
const SHOWN_MAX = 20
/** What part of the submits must be acknowledged in time. */
const IN_TIME = 0.95

const OPTIONS = {
  tasks: { type: 'string', default: '1000' },
  kills: { type: 'string', default: '10' },
  'holder-kills': { type: 'string', default: '2' },
  stops: { type: 'string', default: '2' },
  slots: { type: 'string', default: '2' },
  seed: { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
} as const

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function wrong(what: string): never {
  process.stderr.write(`crash: ${what}\n\n${USAGE}`)
  process.exit(2)
}

function options(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ options: OPTIONS }).values
  } catch (error) {
    return wrong((error as Error).message)
  }
}

function countOf(name: string, text: string, min: number): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : -1
  return count >= min ? count : wrong(`--${name} has to be a whole number from ${min}`)
}

/** The share of `delaysMs` (ascending) below which `quantile` of them are. */
function quantileOf(delaysMs: readonly number[], quantile: number): string {
  const at = Math.min(delaysMs.length - 1, Math.floor(quantile * delaysMs.length))
  return `${(delaysMs[at] ?? 0).toFixed(0)} ms`
}

function rowsOf(report: CrashReport, tasks: number): readonly (readonly [string, string])[] {
  const { delaysMs, counter, order, violations, hits } = report
  return [
    ['tasks', String(tasks)],
    ['acknowledged', `${report.acknowledgedCount}, ${inTime(report)} within 10 s`],
    [
      'acknowledged after',
      `p50 ${quantileOf(delaysMs, 0.5)}, p99 ${quantileOf(delaysMs, 0.99)}, most ${quantileOf(delaysMs, 1)}`,
    ],
    ['killed', `node ${hits.node} times, holder ${hits.holder} times`],
    ['asked to stop', `once ${hits.stop} times, twice ${hits['stop twice']} times`],
    ['started again', `${report.startedAgain} tasks`],
    [
      'order',
      order.judged > 0 ? `${order.judged} starts judged` : 'not judged: more than one slot',
    ],
    ['terminal', `${counter.bytes} bytes compared, ${counter.attempts} attempts`],
    ['took', `${(report.tookMs / 1_000).toFixed(0)} s`],
    ['wrong', String(violations.length)],
  ]
}

function inTime({ delaysMs, acknowledgedCount }: CrashReport): number {
  return acknowledgedCount === 0 ? 0 : delaysMs.filter((delayMs) => delayMs <= LATE_MS).length
}

async function main(): Promise<void> {
  const asked = options()
  if (asked.help) return say(USAGE)
  const tasks = countOf('tasks', asked.tasks, 1)
  const report = await crashRun({
    tasks,
    kills: countOf('kills', asked.kills, 0),
    holderKills: countOf('holder-kills', asked['holder-kills'], 0),
    stops: countOf('stops', asked.stops, 0),
    slots: countOf('slots', asked.slots, 2),
    seed: countOf('seed', asked.seed, 0),
    progress: (line) => process.stderr.write(`crash: ${line}\n`),
  })
  for (const violation of report.violations.slice(0, SHOWN_MAX)) say(violation)
  if (report.violations.length > 0) say(`everything is kept in ${report.directory}\n`)
  for (const [name, value] of rowsOf(report, tasks)) say(`${name.padEnd(20)}${value}`)
  const enough = inTime(report) >= IN_TIME * tasks
  process.exitCode = report.violations.length === 0 && enough ? 0 : 1
}

await main()
