import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Mutation } from './mutations.ts'

const LOADER = fileURLToPath(new URL('mutation-loader.mjs', import.meta.url))
const HUNT = fileURLToPath(new URL('hunt.ts', import.meta.url))

/** The seed, of those below `seeds`, that finds the mutation, with what it found; `undefined` if none does. */
export async function caught(mutation: Mutation, seeds: number): Promise<string | undefined> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    LOADER,
    HUNT,
    '0',
    String(seeds),
  ]
  const env = { ...process.env, NODE_OPTIONS: '', ARCHITECT_MUTATION: JSON.stringify(mutation) }
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  const found = stdout.trim()
  return found === 'none' ? undefined : found
}
