/**
 * Many pages that watch the list of tasks while tasks are submitted. Each takes every frame; one in
 * `SAMPLE` also reads it, for how old the oldest news in it is.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type FromNode, type FromPage, SUBPROTOCOL } from '../../../console/protocol.ts'
import { answer, optionsOf } from './program.ts'

export interface LivePages {
  /** `host:port` of the console. */
  readonly console: string
  /** One for every twenty pages: a credential may have no more. */
  readonly keys: readonly string[]
  readonly pages: number
  readonly perSecond: number
  readonly countMs: number
}

export interface LiveAges {
  /** From a task's change to the page that shows it, 99th percentile. Unit: ms. */
  readonly ageMs: number
  /** Delay of the node's event loop, as it says of itself: the worst second. Unit: ms. */
  readonly lagMs: number
  /** Frames that pages took, a second. */
  readonly frames: number
}

const PAGES_A_KEY = 20
const SAMPLE = 20
const OPENED_AT_ONCE = 50

const options = optionsOf<LivePages>()
const ages: number[] = []
const lags: number[] = []
let frames = 0
let counts = false

await open()
const submitting = setInterval(submit, 1_000 / options.perSecond)
await pause(2_000)
counts = true
await pause(options.countMs)
clearInterval(submitting)
const sorted = ages.toSorted((a, b) => a - b)
answer({
  ageMs: sorted[Math.floor(sorted.length * 0.99)] ?? NaN,
  lagMs: Math.max(...lags),
  frames: (frames * 1_000) / options.countMs,
} satisfies LiveAges)

async function open(): Promise<void> {
  for (let page = 0; page < options.pages; page += OPENED_AT_ONCE) {
    const some = Math.min(OPENED_AT_ONCE, options.pages - page)
    await Promise.all(Array.from({ length: some }, (_, at) => watch(page + at)))
  }
}

/** Resolves once the page shows the list. */
function watch(page: number): Promise<void> {
  const { console, keys } = options
  const key = keys[Math.floor(page / PAGES_A_KEY)] ?? ''
  const socket = new WebSocket(`ws://${console}/ws`, SUBPROTOCOL, { origin: `http://${console}` })
  const say = (message: FromPage): void => socket.send(JSON.stringify(message))
  const first = page === 0
  socket.on('open', () => {
    say({ t: 'hello', v: 1, key, visible: true })
    say({ t: 'sub', ch: 'tasks:all', view: { limit: 50 } })
    if (first) say({ t: 'sub', ch: 'fleet' })
  })
  return new Promise((resolve, reject) => {
    socket.on('close', (code) => reject(new Error(`page ${page} was closed with ${code}`)))
    let shown = false
    socket.on('message', (bytes: Buffer) => {
      if (counts) frames += 1
      if (!shown || page % SAMPLE === 0) shown = read(bytes) || shown
      if (shown) resolve()
    })
  })
}

/** True for the list, once it is there. */
function read(bytes: Buffer): boolean {
  const message = JSON.parse(bytes.toString()) as FromNode
  if (message.t !== 'snap' && message.t !== 'd') return false
  const rows = message.t === 'snap' ? message.rows : message.up
  const nowMs = Date.now()
  for (const row of rows) {
    if ('nodes' in row) lags.push(counts ? (row.nodes[0]?.loopLagMs ?? 0) : 0)
    else if (counts && message.t === 'd') ages.push(nowMs - row.updatedMs)
  }
  return message.ch.startsWith('tasks:')
}

function submit(): void {
  const headers = {
    authorization: `Bearer ${options.keys.at(-1) ?? ''}`,
    'content-type': 'application/json',
  }
  const body = JSON.stringify({ argv: ['true'] })
  void fetch(`http://${options.console}/api/tasks`, { method: 'POST', headers, body })
}
