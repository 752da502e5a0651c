/** A thousand pages that watch the list of tasks, while tasks are submitted. */
import { readCredential } from '../../../node/local-access.ts'
import { connect } from '../programs/admin.ts'
import { runProgram } from '../programs/program.ts'
import type { LiveAges, LivePages } from '../programs/live-pages.ts'
import { type Bench, type Figure, type Result, stated } from '../figure.ts'
import { inDirectory, startNode } from '../node.ts'

const PAGES = 1_000
const PAGES_A_KEY = 20
const LOAD = { pages: PAGES, perSecond: 50, countMs: 10_000 }

export const live: Figure = {
  id: 'live',
  title: 'pages that watch: age of what they show, and delay of the node that feeds them',
  measure,
}

async function measure(bench: Bench): Promise<readonly Result[]> {
  bench.say(`${PAGES} pages, ${LOAD.perSecond} tasks a second`)
  const { ageMs, lagMs, frames } = await inDirectory(watched)
  const unit = 'ms'
  return [
    stated({ id: 'live', what: `p99 age of a change on ${PAGES} pages`, value: ageMs, unit }),
    stated({ id: 'live.lag', what: 'delay of the loop, worst second', value: lagMs, unit }),
    stated({ id: 'live.frames', what: 'frames sent', value: frames, unit: '/s' }),
  ]
}

async function watched(data: string): Promise<LiveAges> {
  const node = await startNode(data, ['--slots', '0'])
  const admin = connect({ address: node.admin, secret: await readCredential(data) })
  const keys: string[] = []
  for (let key = 0; key <= PAGES / PAGES_A_KEY; key++) keys.push(await admin.createToken())
  const options: LivePages = { ...LOAD, console: node.console, keys }
  const ages = (await runProgram('live-pages.ts', options)) as LiveAges
  await node.stop()
  return ages
}
