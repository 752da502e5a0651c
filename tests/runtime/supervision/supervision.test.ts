import t from 'tap'
import {
  judge,
  SUPERVISION_DEFAULTS,
  type Ending,
  type RestartKind,
  type Restarts,
  type Supervision,
} from '../../../runtime/supervision/supervision.ts'

function rulesOf(more: Partial<Supervision> = {}): Supervision {
  return { ...SUPERVISION_DEFAULTS, restart: 'permanent', ...more }
}

function verdictOf(
  restarts: Restarts,
  ending: Ending['type'],
  rules: Supervision,
  { nowMs = 1_000, fraction = 0 } = {},
) {
  return judge(restarts, ending, rules, { nowMs, fraction })[1]
}

t.test('judge() starts again what its restart kind says', async (t) => {
  for (const [restart, ending, type] of [
    ['permanent', 'stopped', 'restart'],
    ['permanent', 'failed', 'restart'],
    ['transient', 'stopped', 'stop'],
    ['transient', 'failed', 'restart'],
    ['temporary', 'stopped', 'stop'],
    ['temporary', 'failed', 'stop'],
  ] as const satisfies (readonly [RestartKind, Ending['type'], string])[]) {
    t.equal(verdictOf([], ending, rulesOf({ restart })).type, type, `${restart}, ${ending}`)
  }
})

t.test(
  'judge() waits twice as long before each further restart, up to a longest pause',
  async (t) => {
    const rules = rulesOf({ intensity: 10, backoffMinMs: 50, backoffMaxMs: 300 })
    const pauses = [0, 1, 2, 3, 4].map((count) => {
      const verdict = verdictOf(Array<number>(count).fill(900), 'failed', rules)
      return verdict.type === 'restart' ? verdict.afterMs : undefined
    })
    t.same(pauses, [50, 100, 200, 300, 300])
  },
)

t.test('judge() spreads the restarts of many by up to a quarter', async (t) => {
  const rules = rulesOf({ backoffMinMs: 100 })
  t.same(verdictOf([], 'failed', rules, { fraction: 0.5 }), { type: 'restart', afterMs: 112.5 })
})

t.test('judge() gives up at the intensity, in the way that the rules name', async (t) => {
  const restarts = [100, 200, 300]
  for (const exhausted of ['escalate', 'stop'] as const) {
    const rules = rulesOf({ intensity: 3, exhausted })
    t.same(verdictOf(restarts.slice(1), 'failed', rules).type, 'restart')
    t.same(verdictOf(restarts, 'failed', rules), { type: exhausted })
  }
  t.same(verdictOf([], 'failed', rulesOf({ intensity: 0 })), { type: 'escalate' })
})

t.test('judge() forgets restarts that are older than a period', async (t) => {
  const rules = rulesOf({ intensity: 2, periodMs: 1_000 })
  const moment = { nowMs: 1_100, fraction: 0 }
  const [restarts, verdict] = judge([100, 101], 'failed', rules, moment)
  t.same(verdict, { type: 'restart', afterMs: 100 })
  t.same(restarts, [101, 1_100])
})
