import type { JSX } from 'preact'
import { Modal } from './modal.tsx'
import { useConsole, type Question } from '../shell/console.ts'

/** Asks before something is done; what cannot be undone is not done on the strength of old data. */
export function Confirm({ question }: { readonly question: Question }): JSX.Element {
  const { dialog, link } = useConsole()
  const close = (): void => void (dialog.value = undefined)
  const { title, text, yes, no, destructive, run } = question
  const old = link.old.value
  return (
    <Modal title={title} onClose={close}>
      <p>{text}</p>
      {old && <p class="problem">What is shown is old: wait until the page is live again.</p>}
      <footer>
        <button type="button" autofocus onClick={close}>
          {no}
        </button>
        <button
          type="button"
          class={destructive ? 'primary destructive' : 'primary'}
          disabled={destructive && old}
          onClick={() => {
            close()
            run()
          }}
        >
          {yes}
        </button>
      </footer>
    </Modal>
  )
}
