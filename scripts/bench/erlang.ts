import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Bench } from './figure.ts'

const PROGRAM = join(import.meta.dirname, 'programs', 'actors.erl')
const RUN_MS = 60_000

/** Calls a function of `actors.erl` on one scheduler, as we have one thread; resolves to its rate. */
export async function erlangRate({ peers }: Bench, call: string): Promise<number> {
  const { file, env } = await peers.erlang()
  const load = `{ok, M, B} = compile:file(${JSON.stringify(PROGRAM)}, [binary])`
  const text = `${load}, code:load_binary(M, "", B), M:${call}.`
  const args = ['+S', '1:1', '-noshell', '-eval', text]
  const { stdout } = await promisify(execFile)(file, args, { env, timeout: RUN_MS })
  const rate = Number(stdout)
  if (!(rate > 0)) throw new Error(`Cannot measure Erlang: it said "${stdout.slice(0, 200)}"`)
  return rate
}
