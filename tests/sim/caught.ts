import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Mutation } from './mutations/mutation.ts'

const LOADER = fileURLToPath(new URL('mutation-loader.mjs', import.meta.url))
const HUNT = fileURLToPath(new URL('hunt.ts', import.meta.url))
const FOUND = fileURLToPath(new URL('mutations/found.txt', import.meta.url))
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/**
 * The first seed that finds the mutation, of the one that found it last and then of so many of its
 * climate, with what it found; `undefined` if none does.
 */
export async function caught(
  { name, climate, edits }: Mutation,
  seeds: number,
): Promise<string | undefined> {
  const flags = ['--disable-warning=ExperimentalWarning', '--import', LOADER]
  const env = { ...process.env, NODE_OPTIONS: '', ARCHITECT_MUTATION: JSON.stringify(edits) }
  const known = foundBefore().get(name)
  const args = [...flags, HUNT, climate, String(seeds), ...(known ? [known] : [])]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env,
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  const found = stdout.trim()
  return found === 'none' ? undefined : found
}

/** Which seed found each mutation when it was last looked for: where to look first, no more. */
function foundBefore(): ReadonlyMap<string, string> {
  const lines = existsSync(FOUND) ? readFileSync(FOUND, 'utf8').split('\n') : []
  const pairs = lines.map((line) => /^(\d+) (.+)$/.exec(line)).filter((each) => each !== null)
  return new Map(pairs.map(([, seed = '', name = '']) => [name, seed]))
}

export function rememberFound(found: ReadonlyMap<string, string>): void {
  const lines = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, seed]) => `${seed} ${name}`)
  writeFileSync(
    FOUND,
    `Which seed finds each mutation: where to look first.\n${lines.join('\n')}\n`,
  )
}
