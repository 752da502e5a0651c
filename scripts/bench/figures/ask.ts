/**
 * Round trips: between two actors; and from outside of any, with a deadline and a promise, one after
 * the other. Erlang/OTP's are between two processes.
 */
import { answererOf, askRate, systemOf } from '../actors.ts'
import { erlangRate } from '../erlang.ts'
import { type Bench, compared, type Figure, median, type Result, valueOf } from '../figure.ts'
import { runProgram } from '../programs/program.ts'
import { middle, NACT } from './tell.ts'

const ROUNDS = 5
const ROUND_TRIPS = 1_000_000
const NACT_ROUND_TRIPS = 20_000
const DEADLINE_MS = 5_000

export const ask: Figure = {
  id: 'ask',
  title: 'local round trips a second: actor to actor, and asked from outside with a deadline',
  measure,
}

async function measure(bench: Bench): Promise<readonly Result[]> {
  await askRate(ROUND_TRIPS) // Compiled by now.
  await outsideRate(ROUND_TRIPS)
  const between: number[] = []
  const outside: number[] = []
  const erlang: (number | Error)[] = []
  const call: (number | Error)[] = []
  const nact: (number | Error)[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    bench.say(`round ${round} of ${ROUNDS}`)
    between.push(await askRate(ROUND_TRIPS))
    outside.push(await outsideRate(ROUND_TRIPS))
    erlang.push(await valueOf(() => erlangRate(bench, `ask(${ROUND_TRIPS})`)))
    call.push(await valueOf(() => erlangRate(bench, `call(${ROUND_TRIPS})`)))
    nact.push(await valueOf(() => nactRate(bench)))
  }
  const peer = { name: 'Erlang/OTP', value: middle(erlang) }
  return [
    compared({ id: 'ask', what: 'actor to actor', value: median(between), unit: '/s' }, [
      { ...peer, least: 3 },
    ]),
    compared({ id: 'ask.outside', what: 'from outside', value: median(outside), unit: '/s' }, [
      { ...peer, least: 1 },
      { name: 'Erlang/OTP, monitored, with a timeout', value: middle(call) },
      { name: 'nact', value: middle(nact) },
    ]),
  ]
}

async function outsideRate(total: number): Promise<number> {
  const system = systemOf()
  const answerer = answererOf(system)
  const startedMs = performance.now()
  for (let count = 0; count < total; count++) {
    const deadlineMs = performance.now() + DEADLINE_MS
    await system.ask(answerer, (replyTo) => ({ type: 'ask', replyTo }), deadlineMs)
  }
  return total / ((performance.now() - startedMs) / 1_000)
}

async function nactRate({ peers }: Bench): Promise<number> {
  const from = await peers.npm(NACT)
  const load = { from, what: 'ask', pairs: 1, total: NACT_ROUND_TRIPS }
  return (await runProgram('nact-actors.ts', load)) as number
}
