import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { connected, type Reach } from '../../../node/gaia/command.ts'
import { followTask, type Follower } from '../../../node/gaia/follow/follow-task.ts'
import { submitTask } from '../../../node/gaia/follow/submit-task.ts'
import type { TaskMessage } from '../../../node/gaia/messages.ts'
import type { Journal } from './journal.ts'
import { AT_ONCE } from './load.ts'

/** Counts aloud until a file appears, and says then how far it has come. */
const SCRIPT = `echo counting >> "$1"
n=0
while [ ! -e "$0" ]; do n=$((n + 1)); echo $n; sleep 0.02; done
echo "end $n"`

/** Before any other: it keeps a slot for itself. */
const PRIORITY = 10
const PROJECT = 'counter'
/** It is over by then, and read to its end. Unit: ms. */
const STOP_MS = 30_000

const notices: Pick<Follower, 'lost' | 'found'> = { lost: () => {}, found: () => {} }

/**
 * A program that runs through a whole crash run, and a reader that follows it as `gaia run` does.
 * What it prints is known in advance, so that one missing or repeated byte shows.
 */
export class Counter {
  readonly #reach: Reach
  readonly #journal: Journal
  readonly #stopFile: string
  readonly #texts = new Map<number, string>()
  #gaps = 0
  #task: Promise<TaskMessage> | undefined

  constructor(reach: Reach, journal: Journal, stopFile: string) {
    this.#reach = reach
    this.#journal = journal
    this.#stopFile = stopFile
  }

  async start(): Promise<void> {
    const argv = ['sh', '-c', SCRIPT, this.#stopFile, this.#journal.path]
    const spec = { title: 'counter', argv, priority: PRIORITY, retry: AT_ONCE }
    const { id } = await submitTask({ project: PROJECT, spec }, this.#reach, notices)
    this.#task = followTask(id, this.#reach, this.#follower())
  }

  #follower(): Follower {
    return {
      ...notices,
      output: async (chunk, { attempt }) => {
        const text = Buffer.from(chunk).toString('latin1')
        this.#texts.set(attempt, (this.#texts.get(attempt) ?? '') + text)
      },
      gap: () => (this.#gaps += 1),
      changed: () => {},
    }
  }

  /** Lets it end, and says what was wrong with what was read. */
  async stop(): Promise<CounterReport> {
    writeFileSync(this.#stopFile, '')
    const task = await Promise.race([this.#task, pause(STOP_MS, undefined, { ref: false })])
    if (!task) return { violations: ['counter: it does not end'], bytes: 0, attempts: 0 }
    const read = this.#texts.get(task.attempt) ?? ''
    const kept = await this.#keptOutput(task.id)
    const violations = [...this.#texts].flatMap(([attempt, text]) =>
      whyWrong(text, attempt === task.attempt).map((why) => `counter, attempt ${attempt}: ${why}`),
    )
    if (task.state !== 'completed') violations.push(`counter: it is ${task.state}`)
    if (kept !== read) violations.push('counter: what is kept is not what was read live')
    if (this.#gaps > 0) violations.push(`counter: ${this.#gaps} gaps`)
    const bytes = [...this.#texts.values()].reduce((sum, text) => sum + text.length, 0)
    return { violations, bytes, attempts: this.#texts.size }
  }

  #keptOutput(id: string): Promise<string> {
    return connected(this.#reach, async (client) => {
      let text = ''
      const request = { id, fromOffset: 0, follow: false }
      for await (const { bytes } of client.stream('FollowOutput', request)) {
        if (bytes) text += Buffer.from(bytes.chunk).toString('latin1')
      }
      return text
    })
  }
}

export interface CounterReport {
  readonly violations: readonly string[]
  readonly bytes: number
  readonly attempts: number
}

/** An attempt whose holder was killed stops in the middle; the last one must be whole. */
export function whyWrong(text: string, whole: boolean): readonly string[] {
  const lines = text.split('\r\n')
  const rest = lines.pop() ?? ''
  const last = whole ? lines.pop() : undefined
  const wrong = lines.findIndex((line, at) => line !== String(at + 1))
  if (wrong >= 0) return [`line ${wrong + 1} is "${lines[wrong]}"`]
  if (!whole) return `${lines.length + 1}\r`.startsWith(rest) ? [] : [`it stops with "${rest}"`]
  return rest === '' && last === `end ${lines.length}`
    ? []
    : [`it ends with "${last}" and "${rest}"`]
}
