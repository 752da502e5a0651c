/**
 * From the start of the program to its first durable acknowledgement and its first list page, with
 * much history and with none. The page must be the right one, or there is no figure.
 */
import { deepStrictEqual } from 'node:assert/strict'
import { readCredential } from '../../../node/local-access.ts'
import { type Bench, compared, type Figure, median, type Result, stated } from '../figure.ts'
import { inDirectory, startNode } from '../node.ts'

const HISTORY = 100_000
/** Tasks of one submit: the most that a batch may have. */
const BATCH = 500
/** Over so many queues, as work is in life: most shards have some. */
const PROJECTS = 50
const PAGE = 50
const ROUNDS = 5

export const start: Figure = {
  id: 'start',
  title: `start to first acknowledgement and list page, ${HISTORY.toLocaleString('en-US')} tasks of history`,
  measure,
}

async function measure({ say }: Bench): Promise<readonly Result[]> {
  const withHistory: number[] = []
  const without: number[] = []
  await inDirectory((full) =>
    inDirectory(async (empty) => {
      say(`${HISTORY} tasks that have ended`)
      const pages = { full: await prepared(full, HISTORY), empty: await prepared(empty, 0) }
      for (let round = 1; round <= ROUNDS; round++) {
        say(`round ${round} of ${ROUNDS}`)
        withHistory.push(await startMs(full, pages.full))
        without.push(await startMs(empty, pages.empty))
      }
    }),
  )
  const measured = { id: 'start', what: 'to serving, with history', value: median(withHistory) }
  return [
    compared({ ...measured, unit: 'ms' }, [
      { name: 'a node without history', value: median(without), most: 2 },
    ]),
    stated({ id: 'start.empty', what: 'without', value: median(without), unit: 'ms' }),
  ]
}

/** The ids of the newest tasks, newest first. */
type Page = string[]
type Ask = (path: string, body?: unknown) => Promise<unknown>

/** Makes the history through the public API; returns the newest page of the list. */
async function prepared(data: string, count: number): Promise<Page> {
  const node = await startNode(data, ['--slots', '0'])
  const ask = await asking(data, node.console)
  const batches = Array.from({ length: count / BATCH }, (_, at) => `queue-${at % PROJECTS}`)
  const specs = Array.from({ length: BATCH }, () => ({ argv: ['true'] }))
  for (const project of batches) await ask('/api/tasks', { project, specs })
  for (const project of new Set(batches)) {
    await ask('/api/tasks/bulk', { action: 'cancel', project })
  }
  const page = await pageOf(ask)
  await node.stop()
  return page
}

/** Adds a task, which `page` is given too. */
async function startMs(data: string, page: Page): Promise<number> {
  const fromMs = performance.now()
  const node = await startNode(data, ['--slots', '0'])
  const ask = await asking(data, node.console)
  const { id } = (await ask('/api/tasks', { argv: ['true'] })) as { readonly id: string }
  const found = await pageOf(ask)
  const takenMs = performance.now() - fromMs
  page.unshift(id)
  deepStrictEqual(found, page.slice(0, PAGE))
  await ask(`/api/tasks/${id}/cancel`, {})
  await node.stop()
  return takenMs
}

async function pageOf(ask: Ask): Promise<Page> {
  const { tasks } = (await ask(`/api/tasks?limit=${PAGE}`)) as {
    readonly tasks: readonly { readonly id: string }[]
  }
  return tasks.map(({ id }) => id)
}

async function asking(data: string, address: string): Promise<Ask> {
  const authorization = `Bearer ${await readCredential(data)}`
  return async (path, body) => {
    const headers = { authorization, 'content-type': 'application/json' }
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`http://${address}${path}`, { headers, ...request })
    if (!response.ok) throw new Error(`Cannot measure the start: ${await response.text()}`)
    return response.json()
  }
}
