import { effect, signal, untracked, type ReadonlySignal } from '@preact/signals'
import { ENDED, TASK_STATES } from '../../../actors/task/task.ts'
import { countOfGroup, unwellCount } from '../words/states.ts'
import type { Link } from './link.ts'
import { fleetIn, tasksIn } from './rows.ts'
import { backfill, NOTHING, observe, type Throughput } from './throughput.ts'

/** What the node is asked for once, to know what went before. */
const BEFORE = { states: TASK_STATES.filter((state) => ENDED.has(state)), limit: 200 }
const CHANNEL = 'tasks:ended'

/** Watches the counts of the fleet for as long as the page is signed in. */
export function watchThroughput(link: Link): {
  readonly known: ReadonlySignal<Throughput>
  close(): void
} {
  const known = signal(NOTHING)
  const [fleet, before] = [link.window('fleet'), link.window(CHANNEL)]
  const unsubscribe = [link.subscribe('fleet'), link.subscribe(CHANNEL, BEFORE)]
  const watching = effect(() => {
    const counts = fleetIn(fleet.value?.window)?.counts
    const atMs = fleet.value?.window?.asofMs
    if (!counts || atMs === undefined) return
    const [well, unwell] = [countOfGroup(counts, 'completed'), unwellCount(counts)]
    known.value = observe(known.peek(), { well, unwell, atMs })
  })
  let filled = false
  const filling = effect(() => {
    const window = before.value?.window
    if (!window || filled || known.value === NOTHING) return
    filled = true
    const ended = tasksIn(window).map((task) => ({
      atMs: task.updatedMs,
      well: task.state === 'completed',
    }))
    known.value = backfill(known.peek(), ended)
    untracked(() => unsubscribe.pop()?.())
  })
  return {
    known,
    close() {
      watching()
      filling()
      unsubscribe.forEach((each) => each())
    },
  }
}
