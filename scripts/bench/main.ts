/** `npm run bench`: every figure asked for, beside its peers, as ratios from one run. */
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import type { Figure, Result } from './figure.ts'
import { FIGURES } from './figures/table.ts'
import { tableOf } from './report.ts'

const MEASURE = new URL('measure.ts', import.meta.url).pathname
/** A figure that takes longer is broken: all of them together must end within 25 minutes. Unit: ms. */
const FIGURE_MS = 5 * 60_000

const WIDEST = Math.max(...FIGURES.map(({ id }) => id.length))
const USAGE = `Usage: npm run bench [-- --only ID,… | --json | --help]

Measures each figure beside its peers, in one run, and says whether its bar is met.
Peers are fetched once, from Debian and npm, into a cache outside of the repository.
Ends with 0 if every bar is met, with 1 if one is not. Give it the machine alone.

  --only ID,…   only these figures
  --json        an array of results on standard output, and nothing else there

Figures:
${FIGURES.map(({ id, title }) => `  ${id.padEnd(WIDEST)}   ${title}\n`).join('')}`

const OPTIONS = {
  only: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`)
}

function wrong(what: string): never {
  process.stderr.write(`bench: ${what}\n\n${USAGE}`)
  process.exit(2)
}

function options(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ options: OPTIONS }).values
  } catch (error) {
    return wrong((error as Error).message)
  }
}

function chosen(only: string | undefined): readonly Figure[] {
  if (only === undefined) return FIGURES
  return only.split(',').map((id) => {
    const figure = FIGURES.find((each) => each.id === id)
    return figure ?? wrong(`there is no figure "${id}"`)
  })
}

async function measured({ id }: Figure): Promise<readonly Result[]> {
  const startedMs = performance.now()
  say(`${id} …`)
  try {
    const results = await inOwnProcess(id)
    say(`${id}: took ${Math.round((performance.now() - startedMs) / 1_000)} s`)
    return results
  } catch (error) {
    say(`${id}: ${(error as Error).message}`)
    const what = 'could not be measured'
    return [{ id, what, value: NaN, unit: '', peers: [], bar: 'is measured', met: false }]
  }
}

/** A group of processes, so that nothing a figure started outlives it. */
function inOwnProcess(id: string): Promise<readonly Result[]> {
  const child = spawn(process.execPath, [...process.execArgv, '--expose-gc', MEASURE, id], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const end = (): void => void endGroup(child.pid)
  const late = setTimeout(end, FIGURE_MS)
  process.once('exit', end)
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(late)
      end()
      process.removeListener('exit', end)
      if (code === 0) resolve(JSON.parse(text) as Result[])
      else reject(new Error(`Cannot measure it: its process ended with ${code ?? 'a signal'}`))
    })
  })
}

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nobody of it is left.
  }
}

function json(results: readonly Result[]): string {
  return JSON.stringify(
    results.map(({ what: _, ...result }) => result),
    null,
    2,
  )
}

const asked = options()
if (asked.help) process.stdout.write(USAGE)
else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  const results: Result[] = []
  for (const figure of chosen(asked.only)) results.push(...(await measured(figure)))
  process.stdout.write(asked.json ? `${json(results)}\n` : tableOf(results))
  process.exitCode = results.every(({ met }) => met) ? 0 : 1
}
