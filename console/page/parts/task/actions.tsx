import type { JSX } from 'preact'
import { useCallback } from 'preact/hooks'
import { ENDED } from '../../../../actors/task/task.ts'
import type { TaskDetail } from '../../../protocol.ts'
import { confirmAction } from '../../dialogs/act.ts'
import { useConsole, useShortcut, type Console } from '../../shell/console.ts'

/** What can be done to the task as it is now. Each asks first, and names the task. */
export function Actions({ task }: { readonly task: TaskDetail }): JSX.Element | null {
  const console = useConsole()
  const { link, as } = console
  const old = link.old.value
  const allowed = as.role !== 'viewer'
  return (
    <div class="actions">
      {offered(task).map((offer) => (
        <ActionButton
          key={offer.title}
          {...offer}
          disabled={!allowed || (old && offer.destructive)}
          console={console}
        />
      ))}
      {!allowed && <span class="hint">You may look only</span>}
    </div>
  )
}

interface Offer {
  readonly title: string
  /** In the list of keys. */
  readonly spoken: string
  readonly keys: string
  readonly destructive: boolean
  readonly run: (console: Console) => void
}

function offered(task: TaskDetail): readonly Offer[] {
  if (ENDED.has(task.state)) return [offer(task, 'retry', 'Run again', 'Shift+R')]
  const waiting = task.state !== 'executing' && task.state !== 'assigned'
  return [
    ...(task.paused
      ? [offer(task, 'resume', 'Resume', 'Shift+P')]
      : waiting
        ? [offer(task, 'pause', 'Pause', 'Shift+P')]
        : []),
    {
      title: 'Priority',
      spoken: 'Change the priority of this task',
      keys: 'Shift+Y',
      destructive: false,
      run: ({ dialog }) =>
        void (dialog.value = { type: 'prioritize', task, priority: task.priority }),
    },
    ...(task.cancelling ? [] : [offer(task, 'cancel', 'Cancel', 'Shift+C')]),
  ]
}

function offer(
  task: TaskDetail,
  action: 'cancel' | 'pause' | 'resume' | 'retry',
  title: string,
  keys: string,
): Offer {
  const run = (console: Console): void => confirmAction(console, action, task)
  return {
    title,
    spoken: action === 'retry' ? 'Run this task again' : `${title} this task`,
    keys,
    destructive: action === 'cancel',
    run,
  }
}

function ActionButton(
  props: Offer & { readonly disabled: boolean; readonly console: Console },
): JSX.Element {
  const { title, spoken, keys, destructive, disabled, run, console } = props
  const press = useCallback(() => {
    if (!disabled) run(console)
  }, [disabled, run, console])
  useShortcut(keys, spoken, press)
  return (
    <button
      type="button"
      class={destructive ? 'destructive' : ''}
      disabled={disabled}
      title={keys}
      onClick={press}
    >
      {title}
    </button>
  )
}
