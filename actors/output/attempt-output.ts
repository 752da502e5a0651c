import { RuntimeError } from '../../runtime/errors.ts'
import type { Clock } from '../../runtime/scheduling/clock.ts'
import type { Blobs } from '../../runtime/storage/blobs/blobs.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Following, OutputSink } from '../fleet.ts'
import type { Attempt, Task } from '../task/task.ts'
import type { AttemptKey, Following as TerminalFollowing, Terminals } from '../terminals.ts'
import { TranscriptReader } from './transcript-reader.ts'

/** How long after its last byte an attempt's end may take to be recorded. Unit: ms. */
const RECORD_MS = 10_000

export interface AttemptOutputOptions {
  readonly terminals: Terminals
  readonly blobs: Blobs
  readonly catalog: Catalog
  readonly clock: Clock
}

export interface FollowRequest {
  readonly task: Task
  /** 0: the first that there will be. */
  readonly attempt: number
  readonly fromOffset: number
  readonly follow: boolean
}

/**
 * The output of one attempt, from a byte on, for one reader: what is kept, then live, then its end.
 * Of an attempt whose end is recorded the record says where its output is, else its terminal has it.
 */
export class AttemptOutput implements Following {
  readonly #options: AttemptOutputOptions
  readonly #request: FollowRequest
  readonly #sink: OutputSink
  #terminal: TerminalFollowing | undefined
  #close: () => void = () => undefined
  #closed = false

  constructor(options: AttemptOutputOptions, request: FollowRequest, sink: OutputSink) {
    this.#options = options
    this.#request = request
    this.#sink = sink
    if (request.attempt > 0) this.#open(request.attempt)
    else if (request.follow) this.#awaitFirst()
    else this.#options.clock.defer(() => this.#end(undefined))
  }

  resume(): void {
    this.#terminal?.resume()
  }

  close(): void {
    this.#closed = true
    this.#terminal?.stop()
    this.#close()
  }

  #awaitFirst(): void {
    const { id } = this.#request.task
    this.#until(id, (task) => {
      if (task.attempt > 0) return () => this.#open(task.attempt)
      return task.outcome || task.state === 'cancelled' || task.state === 'expired'
        ? () => this.#end(undefined)
        : undefined
    })
  }

  /** Looks at the task now and at each change, until `found` says what to do. */
  #until(id: string, found: (task: Task) => (() => void) | undefined): void {
    const { catalog } = this.#options
    const subscription = catalog.watch({ ids: [id] }, (task) => look(task))
    const look = (task: Task | undefined): void => {
      const then = task && found(task)
      if (!then) return
      subscription.close()
      then()
    }
    this.#close = () => subscription.close()
    look(catalog.get(id))
  }

  #open(attempt: number): void {
    if (this.#closed) return
    const { task, fromOffset, follow } = this.#request
    const key = { task: task.id, attempt }
    const recorded = this.#recorded(key)
    if (recorded?.outcome && this.#readKept(recorded)) return
    if (follow) return this.#follow(key, fromOffset, Infinity)
    this.#options.terminals.list((held) => {
      if (!held) return this.#fail(unheard(task))
      const own = held.find((each) => each.key.task === task.id && each.key.attempt === attempt)
      const now = this.#recorded(key)
      if (!own && now && isUnstarted(now)) return this.#end(now) // It may start at any moment.
      this.#follow(key, fromOffset, own?.type === 'running' ? own.outputBytes : Infinity)
    })
  }

  /** False if the record does not say where its output is. */
  #readKept(attempt: Attempt): boolean {
    const { fromOffset, task } = this.#request
    const late = task.lateResults?.find((each) => each.attempt === attempt.attempt)
    const { transcript, outputBytes = 0 } = late?.outcome ?? attempt.outcome ?? {}
    if (!transcript) return false
    const reading = { ...this.#options, transcript, outputBytes, fromOffset }
    this.#terminal = new TranscriptReader(reading, {
      bytes: (offset, chunk) => {
        if (!this.#sink.bytes(offset, chunk)) this.#terminal?.pause()
      },
      end: (failure) => (failure ? this.#fail(failure) : this.#end(attempt)),
    })
    return true
  }

  #follow(key: AttemptKey, fromOffset: number, untilOffset: number): void {
    if (this.#closed) return
    if (fromOffset >= untilOffset) return this.#end(undefined)
    const bytes = (offset: number, chunk: Uint8Array): void => {
      const more = this.#sink.bytes(offset, chunk.subarray(0, Math.max(0, untilOffset - offset)))
      if (offset + chunk.length >= untilOffset) return this.#end(this.#recorded(key))
      if (!more) this.#terminal?.pause()
    }
    this.#terminal = this.#options.terminals.follow(key, fromOffset, {
      bytes,
      gap: () => undefined, // The next chunk's offset shows it.
      end: () => this.#awaitRecord(key),
      gone: () => (this.#mayStart(key) ? this.#awaitStart(key) : this.#end(this.#recorded(key))),
    })
  }

  /** It was given to its node, which may not have asked for its terminal yet. */
  #mayStart(key: AttemptKey): boolean {
    const attempt = this.#recorded(key)
    return this.#request.follow && attempt !== undefined && isUnstarted(attempt)
  }

  #awaitStart(key: AttemptKey): void {
    this.#until(key.task, (task) => {
      const attempt = attemptOf(task, key)
      if (attempt && isUnstarted(attempt)) return undefined
      return () => this.#follow(key, this.#request.fromOffset, Infinity)
    })
  }

  /** The last byte comes before its attempt's end is committed: readers get both in that order. */
  #awaitRecord(key: AttemptKey): void {
    const late = this.#options.clock.after(RECORD_MS, () => this.#end(this.#recorded(key)))
    this.#until(key.task, (task) => {
      const attempt = attemptOf(task, key)
      if (attempt?.endedMs === undefined) return undefined
      return () => {
        late.cancel()
        this.#end(attempt)
      }
    })
  }

  #recorded(key: AttemptKey): Attempt | undefined {
    const task = this.#options.catalog.get(key.task)
    return (task && attemptOf(task, key)) ?? attemptOf(this.#request.task, key)
  }

  #end(attempt: Attempt | undefined): void {
    if (this.#closed) return
    this.close()
    this.#sink.end(attempt)
  }

  #fail(failure: RuntimeError): void {
    if (this.#closed) return
    this.close()
    this.#sink.failed(failure)
  }
}

function unheard({ id }: Task): RuntimeError {
  const message = `Cannot read the output of "${id}": the holder of its terminal does not answer`
  return new RuntimeError('UNAVAILABLE', message, { retryAfterMs: 500 })
}

function isUnstarted({ startedMs, endedMs }: Attempt): boolean {
  return startedMs === undefined && endedMs === undefined
}

function attemptOf(task: Task, { attempt }: AttemptKey): Attempt | undefined {
  return task.attempts.find((each) => each.attempt === attempt)
}
