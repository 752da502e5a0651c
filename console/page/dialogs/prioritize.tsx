import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { Modal } from './modal.tsx'
import { act, nameOf, type Target } from './act.ts'
import { useConsole } from '../shell/console.ts'

const HIGHEST = 10

/** Where in line a task stands: 0 to 10, 10 first. */
export function Prioritize(props: {
  readonly task: Target
  readonly priority: number
}): JSX.Element {
  const console = useConsole()
  const chosen = useSignal(props.priority)
  const close = (): void => void (console.dialog.value = undefined)
  return (
    <Modal title={`Priority of “${nameOf(props.task)}”`} onClose={close}>
      <form
        class="modal-form"
        onSubmit={(event) => {
          event.preventDefault()
          close()
          const { task } = props
          void act(console, { op: 'prioritize', task: task.id, priority: chosen.value }, task)
        }}
      >
        <fieldset class="priorities">
          <legend>10 goes first, 0 last; 5 is usual</legend>
          {Array.from({ length: HIGHEST + 1 }, (_, priority) => (
            <label key={priority}>
              <input
                type="radio"
                name="priority"
                autofocus={props.priority === priority}
                value={priority}
                checked={chosen.value === priority}
                onChange={() => void (chosen.value = priority)}
              />
              <span>{priority}</span>
            </label>
          ))}
        </fieldset>
        <footer>
          <button type="button" onClick={close}>
            Leave it
          </button>
          <button type="submit" class="primary" disabled={chosen.value === props.priority}>
            Set priority {chosen.value}
          </button>
        </footer>
      </form>
    </Modal>
  )
}
