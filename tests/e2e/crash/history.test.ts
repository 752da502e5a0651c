import t from 'tap'
import { whyWrong } from './counter.ts'
import { judge, type History, type Seen } from './history.ts'
import { parseHappening } from './journal.ts'
import type { Planned } from './load.ts'

/** Task 0 fails with 10 + attempt; 1 and 2 end well. 2 goes before 1. */
const LOAD: readonly Planned[] = [
  { number: 0, project: 'a', priority: 5, fails: true, napMs: 0 },
  { number: 1, project: 'a', priority: 5, fails: false, napMs: 0 },
  { number: 2, project: 'a', priority: 9, fails: false, napMs: 0 },
]

const LISTED: readonly Seen[] = [
  { id: 't0', task: 0, state: 'failed', attempt: 1, exitCode: 11 },
  { id: 't1', task: 1, state: 'completed', attempt: 1 },
  { id: 't2', task: 2, state: 'completed', attempt: 1 },
]

const SUBMITTED = 'counting, sent 0, acked 0, sent 1, acked 1'
const GOOD = `${SUBMITTED}, start 0 1, sent 2, acked 2, end 0 1, start 2 1, end 2 1, start 1 1, end 1 1`

function historyOf(lines: string, other: Partial<History> = {}): History {
  return {
    load: LOAD,
    happenings: lines.split(', ').map(parseHappening),
    acknowledged: new Map(LISTED.map(({ task, id }) => [task, id])),
    told: LISTED,
    listed: LISTED,
    oneSlot: true,
    ...other,
  }
}

function listed(change: Partial<Seen>): Partial<History> {
  const [first, ...rest] = LISTED as readonly [Seen, ...Seen[]]
  return { listed: [{ ...first, ...change }, ...rest], told: [] }
}

t.test('judge() finds nothing wrong with a good history', async (t) => {
  const verdict = judge(historyOf(GOOD))
  t.same(verdict.violations, [])
  t.equal(verdict.order.judged, 2)
})

t.test('judge() says nothing of the first start after a kill', async (t) => {
  const lines = `${SUBMITTED}, start 0 1, sent 2, acked 2, end 0 1, hit node, start 1 1, end 1 1, start 2 1, end 2 1`
  const verdict = judge(historyOf(lines))
  t.same(verdict.violations, [])
  t.equal(verdict.order.judged, 1)
})

t.test('judge() accepts an attempt that was lost and started again', async (t) => {
  const lines = GOOD.replace('start 0 1', 'start 0 1, hit holder, start 0 2').replace(
    'end 0 1',
    'end 0 2',
  )
  const verdict = judge(historyOf(lines, listed({ attempt: 2, exitCode: 12 })))
  t.same(verdict.violations, [])
  t.equal(verdict.startedAgain, 1)
})

const WRONG: Readonly<Record<string, readonly [History, RegExp]>> = {
  'a task that is lost': [
    historyOf(GOOD, { listed: LISTED.slice(1), told: [] }),
    /^task 0 \(t0\) is lost$/,
  ],
  'a task under another id': [historyOf(GOOD, listed({ id: 'tx' })), /^task 0 \(t0\) is lost$/],
  'a task that is there twice': [
    historyOf(GOOD, { listed: [...LISTED, { ...LISTED[1], id: 'tx' } as Seen] }),
    /^task 1 is there 2 times: t1, tx$/,
  ],
  'a task that was never acknowledged': [
    historyOf(GOOD, {
      acknowledged: new Map([
        [1, 't1'],
        [2, 't2'],
      ]),
    }),
    /^task 0 was never acknowledged$/,
  ],
  'an attempt that ran twice': [
    historyOf(GOOD.replace('start 0 1', 'start 0 1, start 0 1')),
    /^task 0: attempt 1 ran twice$/,
  ],
  'two attempts at once': [
    historyOf(
      GOOD.replace('end 0 1', 'start 0 2, end 0 1, end 0 2'),
      listed({ attempt: 2, exitCode: 12 }),
    ),
    /^task 0: attempts 1 and 2 ran at once$/,
  ],
  'a task that is not over': [
    historyOf(GOOD, listed({ state: 'executing' })),
    /^task 0 is executing$/,
  ],
  'a task that ended otherwise': [
    historyOf(GOOD, listed({ state: 'discarded' })),
    /^task 0 is discarded$/,
  ],
  'a result of a stale attempt': [
    historyOf(GOOD.replace('end 0 1', 'start 0 2, end 0 2'), listed({ attempt: 2, exitCode: 11 })),
    /^task 0 has the exit code 11, which attempt 2 never had$/,
  ],
  'a result of an attempt that never ended': [
    historyOf(GOOD.replace(', end 1 1', '')),
    /^task 1 is completed by attempt 1, which never ended$/,
  ],
  'an attempt after the result': [
    historyOf(`${GOOD}, start 0 2`),
    /^task 0 ended by attempt 1, and attempt 2 started$/,
  ],
  'an end that changed': [
    historyOf(GOOD, { told: [{ id: 't1', task: 1, state: 'failed', attempt: 1, exitCode: 1 }] }),
    /^task 1 was failed by attempt 1 \(1\) and is completed by attempt 1 \(no code\)$/,
  ],
  'a priority that was passed over': [
    historyOf(
      `${SUBMITTED}, start 0 1, sent 2, acked 2, end 0 1, start 1 1, end 1 1, start 2 1, end 2 1`,
    ),
    /^task 1 of priority 5 started when a task of priority 9 was passed over$/,
  ],
  'a task that overtook one of its own line': [
    historyOf(
      `${SUBMITTED}, sent 2, acked 2, start 2 1, end 2 1, start 1 1, end 1 1, start 0 1, end 0 1`,
    ),
    /^task 1 overtook task 0$/,
  ],
}

t.test('judge() names each thing that must not be', async (t) => {
  for (const [what, [history, expected]] of Object.entries(WRONG)) {
    const { violations } = judge(history)
    t.ok(
      violations.some((violation) => expected.test(violation)),
      `${what}: ${violations.join('; ')}`,
    )
  }
})

t.test('judge() lets a task that has waited long go before its priority', async (t) => {
  const order = 'end 0 1, start 1 1, end 1 1, start 2 1, end 2 1'
  const load = LOAD.map((planned) => (planned.number === 2 ? { ...planned, priority: 7 } : planned))
  const lines = (waitedMs: number): string =>
    `${SUBMITTED}, start 0 1, sent 2, acked 2, tick ${waitedMs}, ${order}`
  const short = judge(historyOf(lines(600_000), { load }))
  t.match(short.violations, [/passed over/])
  const long = judge(historyOf(lines(1_200_000), { load }))
  t.same(long.violations, [])
})

t.test('whyWrong() finds a missing, a repeated and a torn byte of the counter', async (t) => {
  const text = '1\r\n2\r\n3\r\nend 3\r\n'
  t.same(whyWrong(text, true), [])
  t.same(whyWrong('1\r\n2\r\n', false), [])
  t.same(whyWrong('1\r\n2\r\n3\r', false), [])
  t.same(whyWrong('1\r\n2\r\n4', false), ['it stops with "4"'])
  t.match(whyWrong('1\r\n3\r\nend 3\r\n', true), [/line 2 is "3"/])
  t.match(whyWrong('1\r\n2\r\n2\r\nend 3\r\n', true), [/line 3 is "2"/])
  t.match(whyWrong('1\r\n2\r\n', true), [/ends with/])
})
