import type { Explanation, Fleet } from '../../actors/fleet.ts'
import { summaryOf } from '../../actors/catalog/summary.ts'
import type { TaskSpec } from '../../actors/task/spec.ts'
import type { Clock, Timer } from '../../runtime/scheduling/clock.ts'
import type { TaskDetail } from '../protocol.ts'
import type { Content } from './view.ts'

/**
 * All about one task. Asked again when it changes, and while it waits also when others of its project
 * do, since it may be further ahead then: at most once in `AGAIN_MS`.
 */
export interface TaskSheetOptions {
  readonly fleet: Fleet
  readonly clock: Clock
  readonly id: string
  publish(content: Content): void
  failed(failure: unknown): void
}

const AGAIN_MS = 1_000

/** Bytes of a spec that are shown, as JSON; what is longer than this alone is left out. */
const SPEC_BYTES_MAX = 32 * 1024
const FIELD_BYTES_MAX = 4 * 1024

export class TaskSheet {
  readonly #options: TaskSheetOptions
  #project: string | undefined
  #waits = false
  #state: 'rests' | 'asks' | 'asks-again' = 'rests'
  #askedMs = -Infinity
  #timer: Timer | undefined
  #closed = false

  constructor(options: TaskSheetOptions) {
    this.#options = options
    this.#ask()
  }

  changed(tasks: ReadonlyMap<string, { readonly project: string }>): void {
    if (tasks.has(this.#options.id)) return this.#ask()
    if (!this.#waits || this.#timer) return
    const near = [...tasks.values()].some(({ project }) => project === this.#project)
    if (near) this.#askSoon()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #askSoon(): void {
    const { clock } = this.#options
    const waitMs = this.#askedMs + AGAIN_MS - clock.monotonicMs()
    this.#timer = clock.after(Math.max(0, waitMs), () => {
      this.#timer = undefined
      this.#ask()
    })
  }

  #ask(): void {
    if (this.#state !== 'rests') {
      this.#state = 'asks-again'
      return
    }
    const { fleet, clock, id, failed } = this.#options
    this.#state = 'asks'
    this.#askedMs = clock.monotonicMs()
    fleet.explain(id).then(
      (explanation) => this.#answered(explanation),
      (failure: unknown) => {
        if (!this.#closed) failed(failure)
      },
    )
  }

  #answered(explanation: Explanation): void {
    if (this.#closed) return
    const { project, state } = explanation.task
    this.#project = project
    this.#waits = state === 'available'
    const again = this.#state === 'asks-again'
    this.#state = 'rests'
    this.#options.publish({ rows: [detailOf(explanation)] })
    if (again) this.#ask()
  }
}

function detailOf({ task, why, considered }: Explanation): TaskDetail {
  const { by, attempts, dependencies, dependents, paused, cancelling, wakeMs } = task
  return {
    ...summaryOf(task),
    ...shortSpec(task.spec),
    ...{ by, attempts, why, dependencies, dependents, paused, cancelling, considered },
    ...(wakeMs !== undefined && { wakeMs }),
  }
}

/** A frame holds 64 KiB, and a spec may have five times that. */
function shortSpec(spec: TaskSpec): Pick<TaskDetail, 'spec' | 'specCut'> {
  if (bytesOf(spec) <= SPEC_BYTES_MAX) return { spec: { ...spec } }
  const short = Object.entries(spec).filter(([, value]) => bytesOf(value) <= FIELD_BYTES_MAX)
  return { spec: Object.fromEntries(short), specCut: true }
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
