import t from 'tap'
import { crashRun } from './crash/run.ts'

t.test('what was acknowledged ends once, whatever is killed', { timeout: 120_000 }, async (t) => {
  const report = await crashRun({ tasks: 500, kills: 4, holderKills: 1, seed: 1, slots: 2 })
  t.same(report.violations, [], report.directory)
  t.match(report, { acknowledgedCount: 500, nodeKills: 4, holderKills: 1 })
  const inTime = report.delaysMs.filter((delayMs) => delayMs <= 10_000)
  t.ok(inTime.length >= 0.95 * 500)
  t.ok(report.order.judged > 300, `${report.order.judged} starts judged`)
})
