import t from 'tap'
import type { EndReason } from '../../../actors/terminals.ts'
import {
  endLadder,
  LADDER_DEFAULTS,
  type Ladder,
  type Limits,
  RUNNING,
  type Signal,
  tickLadder,
} from '../../../node/holder/terminal/ladder.ts'

const FREE: Limits = { leash: 'unlimited', deadlineMs: null }

/** Signals with the moments at which they are sent, when ticked each 100 ms. */
function climb(from: Ladder, limits: Limits, untilMs: number): [number, Signal][] {
  const sent: [number, Signal][] = []
  let ladder = from
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 100) {
    const [next, signals] = tickLadder(ladder, limits, nowMs, LADDER_DEFAULTS)
    ladder = next
    for (const signal of signals) sent.push([nowMs, signal])
  }
  return sent
}

function ended(reason: EndReason): readonly [Ladder, readonly Signal[]] {
  return endLadder(RUNNING, reason, 0, LADDER_DEFAULTS)
}

t.test('asked, told, killed: 2 s and 5 s apart', async (t) => {
  const [ladder, signals] = ended('cancelled')
  t.same(signals, ['SIGINT'])
  t.same(climb(ladder, FREE, 20_000), [
    [2_000, 'SIGTERM'],
    [7_000, 'SIGKILL'],
  ])
})

t.test('a stale token or a leash that is over kills at once, from any rung', async (t) => {
  for (const reason of ['stale', 'leash'] as const) {
    t.same(ended(reason)[1], ['SIGKILL'])
    const [polite] = ended('cancelled')
    const [killed, signals] = endLadder(polite, reason, 100, LADDER_DEFAULTS)
    t.same(signals, ['SIGKILL'])
    t.equal(killed.reason, 'cancelled', 'the first reason stands')
  }
})

t.test('limits act at their moment, not before', async (t) => {
  t.same(climb(RUNNING, FREE, 60_000), [])
  t.same(climb(RUNNING, { leash: { untilMs: 30_000 }, deadlineMs: null }, 60_000), [
    [30_000, 'SIGKILL'],
  ])
  t.same(climb(RUNNING, { leash: 'unlimited', deadlineMs: 10_000 }, 60_000), [
    [10_000, 'SIGINT'],
    [12_000, 'SIGTERM'],
    [17_000, 'SIGKILL'],
  ])
  t.same(climb(RUNNING, { leash: { untilMs: 11_000 }, deadlineMs: 10_000 }, 60_000), [
    [10_000, 'SIGINT'],
    [11_000, 'SIGKILL'],
  ])
})

t.test('a second end changes nothing', async (t) => {
  const [ladder] = ended('cancelled')
  t.same(endLadder(ladder, 'timed-out', 50, LADDER_DEFAULTS), [ladder, []])
})
