/** What a browser fetches, compressed, before the console shows anything. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bounded, type Bench, type Figure, type Result, stated } from '../figure.ts'

const SCRIPT = join(import.meta.dirname, '..', '..', 'page.mjs')
const KILOBYTE = 1_000

export const page: Figure = {
  id: 'page',
  title: 'script and style of the console before its first view, compressed',
  measure,
}

interface Sizes {
  readonly scriptBytes: number
  readonly styleBytes: number
  /** Fetched with the first terminal that is looked at. */
  readonly terminalBytes: number
}

async function measure({ say }: Bench): Promise<readonly Result[]> {
  say('builds the page, unless it is built')
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [SCRIPT, '--if-stale', '--sizes'])
  const { scriptBytes, styleBytes, terminalBytes } = JSON.parse(stdout) as Sizes
  const inKilobytes = (id: string, what: string, bytes: number) =>
    ({ id, what, value: bytes / KILOBYTE, unit: 'kB' }) as const
  return [
    bounded(inKilobytes('page', 'script', scriptBytes), 60),
    bounded(inKilobytes('page.style', 'style', styleBytes), 15),
    stated(inKilobytes('page.terminal', 'script for terminals, later', terminalBytes)),
  ]
}
