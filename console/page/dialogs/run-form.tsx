import { useSignal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { Answer } from '../live/outbox.ts'
import { Modal } from './modal.tsx'
import { parseLabels } from '../words/command-line.ts'
import { useConsole } from '../shell/console.ts'

/** What the form asks for, as it was typed. */
interface Draft {
  readonly line: string
  readonly project: string
  readonly priority: string
  readonly labels: string
  readonly workdir: string
}

const PRIORITY = '5'
const TITLE_LENGTH = 200

/**
 * Gives a command to the fleet. The same draft keeps its idempotency key, so that a submit whose
 * outcome is unknown can be repeated without the command running twice.
 */
export function RunForm(props: { readonly line?: string; readonly project?: string }): JSX.Element {
  const { dialog, link, router, notices } = useConsole()
  const draft = useSignal<Draft>({
    line: props.line ?? '',
    project: props.project ?? '',
    priority: PRIORITY,
    labels: '',
    workdir: '',
  })
  const idem = useMemo(() => crypto.randomUUID(), [draft.value])
  const asking = useSignal(false)
  const problem = useSignal<string | undefined>(undefined)
  const close = (): void => void (dialog.value = undefined)

  const submit = async (): Promise<void> => {
    if (asking.value) return
    if (draft.value.line.trim() === '') return void (problem.value = 'Type a command first.')
    asking.value = true
    problem.value = undefined
    const { project } = draft.value
    const cmd = {
      op: 'submit',
      spec: specOf(draft.value),
      ...(project !== '' && { project }),
    } as const
    const answer = await link.ask(cmd, idem)
    asking.value = false
    problem.value = problemOf(answer)
    const id = answer.type === 'done' ? submittedId(answer.ok) : undefined
    if (id === undefined) return
    close()
    notices.tell({ tone: 'done', text: 'Submitted', href: `/tasks/${id}` })
    router.go(`/tasks/${id}`)
  }

  return (
    <Modal title="Run a command" wide onClose={close}>
      <form
        class="modal-form"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <CommandField draft={draft} submit={() => void submit()} />
        <div class="fields">
          <Field draft={draft} name="project" label="Project" placeholder="default" />
          <PriorityField draft={draft} />
          <Field draft={draft} name="labels" label="Labels" placeholder="nightly, web" />
          <Field
            draft={draft}
            name="workdir"
            label="Directory"
            placeholder="home of the node’s owner"
          />
        </div>
        <p class="problem" role="alert" hidden={problem.value === undefined}>
          {problem.value}
        </p>
        <footer>
          <span class="hint">
            {asking.value ? (
              <Asking />
            ) : (
              <>
                Runs by <code>sh -c</code> on any node with a free slot
              </>
            )}
          </span>
          <button type="submit" class="primary" disabled={asking.value}>
            Run
          </button>
        </footer>
      </form>
    </Modal>
  )
}

function CommandField(props: {
  readonly draft: Signal<Draft>
  readonly submit: () => void
}): JSX.Element {
  const { draft, submit } = props
  const { line } = draft.value
  return (
    <div class="field">
      <label for="run-line">Command</label>
      <textarea
        id="run-line"
        class="code"
        autofocus
        rows={Math.min(12, Math.max(2, line.split('\n').length))}
        spellcheck={false}
        autocapitalize="off"
        placeholder="npm test"
        value={line}
        onInput={(event) =>
          void (draft.value = { ...draft.value, line: event.currentTarget.value })
        }
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
          event.preventDefault()
          submit()
        }}
      />
      <p class="hint">
        <kbd>Enter</kbd> runs it, <kbd>Shift</kbd> <kbd>Enter</kbd> begins another line
      </p>
    </div>
  )
}

function Field(props: {
  readonly draft: Signal<Draft>
  readonly name: keyof Draft
  readonly label: string
  readonly placeholder: string
}): JSX.Element {
  const { draft, name, label, placeholder } = props
  return (
    <div class="field">
      <label for={`run-${name}`}>{label}</label>
      <input
        id={`run-${name}`}
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder={placeholder}
        value={draft.value[name]}
        onInput={(event) =>
          void (draft.value = { ...draft.value, [name]: event.currentTarget.value })
        }
      />
    </div>
  )
}

function PriorityField({ draft }: { readonly draft: Signal<Draft> }): JSX.Element {
  return (
    <div class="field">
      <label for="run-priority">Priority</label>
      <select
        id="run-priority"
        value={draft.value.priority}
        onChange={(event) =>
          void (draft.value = { ...draft.value, priority: event.currentTarget.value })
        }
      >
        {PRIORITIES.map((priority) => (
          <option key={priority} value={String(priority)}>
            {priority}
            {NAMED[priority] ?? ''}
          </option>
        ))}
      </select>
    </div>
  )
}

const PRIORITIES: readonly number[] = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
const NAMED: Readonly<Record<number, string>> = { 10: ' – first', 5: ' – usual', 0: ' – last' }

function Asking(): JSX.Element {
  const { link } = useConsole()
  const live = link.newest.value.phase.type === 'live'
  return <>{live ? 'Submitting …' : 'Unknown – checking as soon as the node answers …'}</>
}

function specOf({ line, priority, labels, workdir }: Draft): object {
  const script = line.trim()
  return {
    title: script.slice(0, TITLE_LENGTH),
    argv: ['sh', '-c', script],
    priority: Number(priority),
    labels: parseLabels(labels),
    ...(workdir.trim() !== '' && { workdir: workdir.trim() }),
  }
}

function problemOf(answer: Answer): string | undefined {
  if (answer.type === 'refused') return answer.problem.message
  if (answer.type === 'done') return undefined
  return 'Unknown whether it was submitted: the node does not answer. Run it again to find out; it will not run twice.'
}

function submittedId(ok: unknown): string | undefined {
  const ids = (ok as { readonly ids?: readonly unknown[] } | undefined)?.ids
  return typeof ids?.[0] === 'string' ? ids[0] : undefined
}
