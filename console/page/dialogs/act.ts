import type { TaskSummary } from '../../../actors/fleet.ts'
import type { Command } from '../../protocol.ts'
import { formatTitle } from '../words/command-line.ts'
import type { Console, Question } from '../shell/console.ts'

export type Action = Exclude<Command['op'], 'submit'>

/** What is acted on: any row that names a task. */
export type Target = Pick<TaskSummary, 'id' | 'title' | 'state'>

interface Wording {
  readonly yes: string
  readonly no: string
  readonly done: string
  readonly text: string
  readonly destructive: boolean
}

const WORDINGS: Readonly<Record<Exclude<Action, 'prioritize'>, Wording>> = {
  cancel: {
    yes: 'Cancel it',
    no: 'Let it be',
    done: 'Cancelling',
    text: 'If it is running, its processes are told to end, and are ended if they do not.',
    destructive: true,
  },
  pause: {
    yes: 'Pause it',
    no: 'Let it be',
    done: 'Paused',
    text: 'It is not started until it is resumed. What is running goes on.',
    destructive: false,
  },
  resume: {
    yes: 'Resume it',
    no: 'Leave it paused',
    done: 'Resumed',
    text: 'It is started as soon as its turn comes.',
    destructive: false,
  },
  retry: {
    yes: 'Run it again',
    no: 'Let it be',
    done: 'Submitted again',
    text: 'The same command is submitted as a new task.',
    destructive: false,
  },
}

/** Asks, naming the task, and then does it. */
export function confirmAction(
  console: Console,
  action: Exclude<Action, 'prioritize'>,
  task: Target,
): void {
  const { yes, no, text, destructive } = WORDINGS[action]
  const title = `${yes.replace(/ it\b/, '')} “${nameOf(task)}”?`
  const run = (): void => void act(console, { op: action, task: task.id }, task)
  const question: Question = { title, text, yes, no, destructive, run }
  console.dialog.value = { type: 'confirm', ...question }
}

/** Sends it, and tells the reader what came of it. */
export async function act(
  { link, notices, router }: Console,
  cmd: Exclude<Command, { readonly op: 'submit' }>,
  task: Target,
): Promise<void> {
  const answer = await link.ask(cmd, crypto.randomUUID())
  const name = nameOf(task)
  if (answer.type === 'refused') {
    return notices.tell({ tone: 'failed', text: answer.problem.message })
  }
  if (answer.type === 'unknown') {
    const text = `Unknown whether “${name}” was changed: the node does not answer. Look at it again.`
    return notices.tell({ tone: 'failed', text })
  }
  const done = cmd.op === 'prioritize' ? `Priority ${cmd.priority ?? ''}` : WORDINGS[cmd.op].done
  const id = idOf(answer.ok) ?? task.id
  notices.tell({ tone: 'done', text: `${done}: ${name}`, href: `/tasks/${id}` })
  if (cmd.op === 'retry') router.go(`/tasks/${id}`)
}

/** What dialogs and notices call it. */
export function nameOf(task: Target): string {
  const name = formatTitle(task)
  return name.length > 60 ? `${name.slice(0, 59)}…` : name
}

function idOf(ok: unknown): string | undefined {
  const id = (ok as { readonly id?: unknown } | undefined)?.id
  return typeof id === 'string' ? id : undefined
}
