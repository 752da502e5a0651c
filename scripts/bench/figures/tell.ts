/**
 * Local messages: one a call, supervised and counted. Erlang/OTP and nact do the same; a bare array
 * as a queue, drained by a loop, shows what is left to win.
 */
import { tellRate } from '../actors.ts'
import { erlangRate } from '../erlang.ts'
import { type Bench, compared, type Figure, median, type Result, valueOf } from '../figure.ts'
import { runProgram } from '../programs/program.ts'

const ROUNDS = 5
const MESSAGES = 4_000_000
/** It is slower, and keeps all of them in memory. */
const NACT_MESSAGES = 200_000
export const NACT = ['nact@7.6.2'] as const

export const tell: Figure = {
  id: 'tell',
  title: 'local messages a second, one a call, from one actor to one and from 1,000 to 1,000',
  measure,
}

async function measure(bench: Bench): Promise<readonly Result[]> {
  await tellRate(1, MESSAGES) // Compiled by now.
  return [
    await among(bench, { id: 'tell', what: 'from one actor to another', pairs: 1 }),
    await among(bench, { id: 'tell.many', what: 'from 1,000 to 1,000', pairs: 1_000 }),
  ]
}

interface Row {
  readonly id: string
  readonly what: string
  readonly pairs: number
}

/** All take turns, so that whatever else the machine does falls on all. */
async function among(bench: Bench, { id, what, pairs }: Row): Promise<Result> {
  const ours: number[] = []
  const array: number[] = []
  const erlang: (number | Error)[] = []
  const nact: (number | Error)[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    bench.say(`${what}: round ${round} of ${ROUNDS}`)
    ours.push(await tellRate(pairs, MESSAGES))
    array.push(arrayRate(MESSAGES))
    erlang.push(await valueOf(() => fastestErlang(bench, pairs)))
    nact.push(await valueOf(() => nactRate(bench, pairs)))
  }
  return compared({ id, what, value: median(ours), unit: '/s' }, [
    { name: 'Erlang/OTP', value: middle(erlang), least: 2 },
    { name: 'nact', value: middle(nact), least: 20 },
    { name: 'an array as a queue', value: median(array) },
  ])
}

/** What failed, if anything did; else the value in the middle. */
export function middle(values: readonly (number | Error)[]): number | Error {
  return values.find((value) => value instanceof Error) ?? median(values.map(Number))
}

/** As it likes best: with mailboxes that grow as they will, or with a window like ours. */
async function fastestErlang(bench: Bench, pairs: number): Promise<number> {
  const open = await erlangRate(bench, `tell(${pairs}, ${MESSAGES})`)
  return Math.max(open, await erlangRate(bench, `windowed(${pairs}, ${MESSAGES})`))
}

async function nactRate({ peers }: Bench, pairs: number): Promise<number> {
  const from = await peers.npm(NACT)
  const load = { from, what: 'tell', pairs, total: NACT_MESSAGES }
  return (await runProgram('nact-actors.ts', load)) as number
}

/** No actors, no bounds, no turns: what a message costs that is only queued and looked at. */
function arrayRate(total: number): number {
  const startedMs = performance.now()
  let seen = 0
  for (let sent = 0; sent < total; ) {
    const queue: { readonly type: string; readonly number: number }[] = []
    for (let at = 0; at < 512; at++) queue.push({ type: 'number', number: sent++ })
    for (const message of queue) if (message.type === 'number') seen += 1
  }
  return seen / ((performance.now() - startedMs) / 1_000)
}
