import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { Icon } from './icon.tsx'

const SHOWN_MS = 1_500

/** A command to type elsewhere, which a click copies. */
export function CommandHint({ command }: { readonly command: string }): JSX.Element {
  return (
    <span class="command-hint">
      <code>{command}</code>
      <CopyButton text={command} what={`the command ${command}`} />
    </span>
  )
}

export function CopyButton(props: { readonly text: string; readonly what: string }): JSX.Element {
  const copied = useSignal(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(props.text)
    copied.value = true
    setTimeout(() => (copied.value = false), SHOWN_MS)
  }
  return (
    <button
      type="button"
      class="quiet copy"
      aria-label={copied.value ? 'Copied' : `Copy ${props.what}`}
      title="Copy"
      onClick={() => void copy()}
    >
      <Icon name={copied.value ? 'completed' : 'copy'} />
    </button>
  )
}
