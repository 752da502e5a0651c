import type { JSX } from 'preact'
import { Modal } from './modal.tsx'
import { useConsole } from '../shell/console.ts'

/** Every key that does something here, and the switch that turns single keys off. */
export function Help(): JSX.Element {
  const { dialog, shortcuts, preferences } = useConsole()
  const { shortcuts: enabled } = preferences
  return (
    <Modal title="Keyboard" onClose={() => void (dialog.value = undefined)}>
      <dl class="keys">
        {shortcuts.bound.value.map(({ keys, title }) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
      </dl>
      <label class="switch">
        <input
          type="checkbox"
          checked={enabled.value}
          onChange={(event) => void (enabled.value = event.currentTarget.checked)}
        />
        Single keys do something (Escape always does)
      </label>
    </Modal>
  )
}
