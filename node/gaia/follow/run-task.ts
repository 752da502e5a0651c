import { StringDecoder } from 'node:string_decoder'
import type { TaskId } from '../../../actors/task/task.ts'
import { connected, type Context } from '../command.ts'
import { EXIT } from '../exit.ts'
import { followTask, type Follower } from './follow-task.ts'
import type { TaskMessage } from '../messages.ts'
import { commandCode, endedByItself } from './outcome.ts'
import { jsonLine, plain } from '../print.ts'
import { submitTask, type Submission, type Submitted } from './submit-task.ts'

/** What `gaia run` does once it knows what to run. */
export async function runTask(
  submission: Submission,
  { context, detach }: { readonly context: Context; readonly detach: boolean },
): Promise<number> {
  const show = context.json ? jsonShow(context) : textShow(context)
  const submitted = await submitTask(submission, context, show)
  const { id } = submitted
  await show.queued(submitted, detach)
  if (detach) return EXIT.ok
  const interrupts = watchInterrupts(id, context)
  try {
    const task = await Promise.race([followTask(id, context, show), interrupts.left])
    const code = interrupts.count > 0 ? EXIT.interrupted : task ? commandCode(task) : EXIT.ok
    if (task) await show.result(task, code)
    return code
  } finally {
    interrupts.stop()
  }
}

/** Where a run is shown. */
interface Show extends Follower {
  queued(submitted: Submitted, detach: boolean): Promise<void>
  result(task: TaskMessage, exitCode: number): Promise<void>
}

interface Interrupts {
  readonly count: number
  /** The second interrupt: whoever runs us does not want to wait. */
  readonly left: Promise<undefined>
  stop(): void
}

/** The first Ctrl-C cancels the task, the second leaves it. */
function watchInterrupts(id: TaskId, context: Context): Interrupts {
  const { terminal } = context
  let count = 0
  let leave = (): void => {}
  const left = new Promise<undefined>((resolve) => (leave = () => resolve(undefined)))
  const cancel = async (): Promise<void> => {
    try {
      await connected(context, (client) => client.call('ActOnTask', { action: 'cancel', id }))
    } catch (failure) {
      terminal.note(`gaia: ${failure instanceof Error ? failure.message : String(failure)}`)
    }
  }
  const stop = terminal.onInterrupt(() => {
    if (++count > 1) {
      terminal.note(`gaia: left; to see how ${id} ends: gaia task logs --follow ${id}`)
      return leave()
    }
    terminal.note(`gaia: cancelling ${id}; once more leaves it`)
    void cancel()
  })
  return {
    get count() {
      return count
    },
    left,
    stop,
  }
}

function textShow({ terminal }: Context): Show {
  return {
    async queued({ id }, detach) {
      if (detach) await terminal.out(`${id}\n`)
      else terminal.progress(`${id}  submitted`)
    },
    output: (chunk) => terminal.out(chunk),
    gap: (missingBytes) => terminal.note(`gaia: ${missingBytes} bytes of output were not kept`),
    changed({ id, state, reason }) {
      const waits = state !== 'executing'
      terminal.progress(waits ? `${id}  ${state}  ${plain(reason)}` : '')
    },
    lost: (failure) => terminal.note(`gaia: ${failure.message}; waiting for it`),
    found: () => terminal.note('gaia: the node is back'),
    async result(task) {
      terminal.progress('')
      if (endedByItself(task)) return
      const why = task.outcome?.message ?? task.reason
      terminal.note(`gaia: ${task.id} is ${task.state}: ${plain(why)}`)
    },
  }
}

/** One JSON value a line; `task.result` is always the last. */
function jsonShow({ terminal }: Context): Show {
  const decoders = new Map<number, StringDecoder>()
  let sequence = 0
  const tell = (event: string, fields: object): Promise<void> =>
    terminal.out(jsonLine({ seq: ++sequence, event, ...fields }))
  const decoderOf = (attempt: number): StringDecoder => {
    const decoder = decoders.get(attempt) ?? new StringDecoder('utf8')
    decoders.set(attempt, decoder)
    return decoder
  }
  return {
    queued: ({ id, receipt }) => tell('task.queued', { id, receipt }),
    output(chunk, { attempt, offset }) {
      const text = decoderOf(attempt).write(Buffer.from(chunk))
      return tell('task.output', { attempt, offset, bytes: chunk.length, text })
    },
    gap: (missingBytes) => void tell('task.gap', { missingBytes }),
    changed: ({ id, state, reason, attempt }) =>
      void tell('task.state', { id, state, reason, attempt }),
    lost: (failure) => void tell('node.lost', { message: failure.message }),
    found: () => void tell('node.found', {}),
    result: ({ id, state, reason, outcome }, exitCode) =>
      tell('task.result', { id, state, reason, outcome, exitCode }),
  }
}
