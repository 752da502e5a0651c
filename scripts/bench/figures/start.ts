/**
 * How long a node takes to be of use again: from the start of its process to the first task that is
 * acknowledged as durable, and to the first page of the list that shows it. With 100,000 tasks of
 * history, and with none.
 */
import { readCredential } from '../../../node/local-access.ts'
import { type Bench, compared, type Figure, median, type Result } from '../figure.ts'
import { type BenchNode, inDirectory, startNode } from '../node.ts'
import { type Admin, connect, type Page } from '../programs/admin.ts'

const HISTORY = 100_000
const BATCH = 500
/** Over so many queues, as work is in life: most shards have some. */
const PROJECTS = 50
const ROUNDS = 5
const PAGE = 50

export const start: Figure = {
  id: 'start',
  title: `start to first acknowledgement and first list, with ${HISTORY.toLocaleString('en')} tasks of history`,
  measure: ({ say }) => inDirectory((full) => inDirectory((empty) => measure(say, full, empty))),
}

interface Start {
  readonly acknowledgedMs: number
  readonly listedMs: number
}

/** Both take turns, so that whatever else the machine does falls on both. */
async function measure(say: Bench['say'], full: string, empty: string): Promise<readonly Result[]> {
  say(`${HISTORY} tasks are submitted and cancelled`)
  await withNode(full, remember)
  await withNode(empty, async () => {})
  const starts: { readonly full: Start; readonly empty: Start }[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    say(`start ${round} of ${ROUNDS}`)
    starts.push({ full: await timed(full, HISTORY), empty: await timed(empty, 0) })
  }
  const result = (id: string, what: string, moment: keyof Start): Result => {
    const value = median(starts.map((each) => each.full[moment]))
    const none = median(starts.map((each) => each.empty[moment]))
    return compared({ id, what, value, unit: 'ms' }, [{ name: 'no history', value: none, most: 2 }])
  }
  return [
    result('start', 'start to first durable acknowledgement', 'acknowledgedMs'),
    result('start.list', 'start to first list page', 'listedMs'),
  ]
}

async function timed(data: string, history: number): Promise<Start> {
  const startedMs = performance.now()
  return withNode(data, async (admin) => {
    const key = `${startedMs}`
    const { ids = [] } = await admin.submitTask({ key, specs: [{ argv: ['true'] }] })
    const acknowledgedMs = performance.now() - startedMs
    const page = await admin.listTasks({ limit: PAGE })
    const listedMs = performance.now() - startedMs
    check(page, ids, history)
    return { acknowledgedMs, listedMs }
  })
}

/** The new task first, then as much of what was there before as the page holds. */
function check({ tasks = [], counts = {} }: Page, ids: readonly string[], history: number): void {
  const whole = tasks.length === Math.min(PAGE, history) || history === 0
  const right = tasks[0]?.id === ids[0] && whole && (counts['cancelled'] ?? 0) >= history
  if (!right) throw new Error(`Cannot measure a start: the list shows ${JSON.stringify(tasks[0])}`)
}

/** With the node stopped as a service is, before and after. */
async function withNode<T>(data: string, run: (admin: Admin) => Promise<T>): Promise<T> {
  const node: BenchNode = await startNode(data, ['--slots', '0'])
  const admin = connect({ address: node.admin, secret: await readCredential(data) })
  try {
    return await run(admin)
  } finally {
    admin.close()
    await node.stop()
  }
}

async function remember(admin: Admin): Promise<void> {
  for (let from = 0; from < HISTORY; from += BATCH) {
    const project = `queue-${(from / BATCH) % PROJECTS}`
    const specs = Array.from({ length: BATCH }, (_, at) => ({ argv: ['echo', `${from + at}`] }))
    await admin.submitTask({ key: `history-${from}`, project, specs })
  }
  await admin.bulk({ action: 'cancel' })
}
