import t from 'tap'
import { crashRun } from './crash/run.ts'

t.test(
  'F4: what was acknowledged ends once, whatever is killed',
  { timeout: 240_000 },
  async (t) => {
    const shooting = { tasks: 400, kills: 4, holderKills: 1, stops: 0 }
    const report = await crashRun({ ...shooting, seed: 1, slots: 2 })
    t.same(report.violations, [], report.directory)
    t.match(report, { acknowledgedCount: 400, hits: { node: 4, holder: 1 } })
    const inTime = report.delaysMs.filter((delayMs) => delayMs <= 10_000)
    t.ok(inTime.length >= 0.95 * 400)
    t.ok(report.order.judged > 300, `${report.order.judged} starts judged`)
  },
)

t.test(
  'F5: a node that is asked to stop, once or twice, loses nothing',
  { timeout: 240_000 },
  async (t) => {
    const shooting = { tasks: 200, kills: 0, holderKills: 0, stops: 4 }
    const report = await crashRun({ ...shooting, seed: 2, slots: 6 })
    t.same(report.violations, [], report.directory)
    t.match(report, { acknowledgedCount: 200, hits: { stop: 2, 'stop twice': 2 } })
    t.equal(report.startedAgain, 0, 'its terminals went on')
  },
)
