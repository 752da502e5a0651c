import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { CommandHint } from '../parts/command-hint.tsx'
import { codeIn, type Session, type Sessions } from '../browser/session.ts'

/** What a reader sees who has no key: how to get a link, and a place to paste one. */
export function SignInPage(props: {
  readonly sessions: Sessions
  readonly session: Session
}): JSX.Element {
  const { sessions, session } = props
  if (session.type === 'signingIn') {
    return (
      <main class="sign-in">
        <p aria-busy="true">Signing in …</p>
      </main>
    )
  }
  const why = session.type === 'signedOut' ? session.why : undefined
  return (
    <main class="sign-in">
      <Mark />
      <h1>Sign in to Architect</h1>
      {why !== undefined && (
        <p class="problem" role="alert">
          {why}
        </p>
      )}
      <p>A link from the machine that runs the node signs you in. It works once, for 60 seconds:</p>
      <CommandHint command="npx gaia console" />
      <PasteForm sessions={sessions} />
    </main>
  )
}

function PasteForm({ sessions }: { readonly sessions: Sessions }): JSX.Element {
  const text = useSignal('')
  const submit = (event: Event): void => {
    event.preventDefault()
    const pasted = text.value.trim()
    if (pasted !== '') void sessions.signIn(codeIn(pasted) ?? pasted)
  }
  return (
    <form onSubmit={submit}>
      <label for="sign-in-link">Open the link, or paste it here</label>
      <div class="field-row">
        <input
          id="sign-in-link"
          type="text"
          autocomplete="off"
          spellcheck={false}
          placeholder="http://localhost:8080/#c=…"
          value={text.value}
          onInput={(event) => void (text.value = event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Sign in
        </button>
      </div>
    </form>
  )
}

/** Three beams that carry each other: the mark of the product. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M3 20 12 4l9 16M7.500 20 12 12l4.500 8" />
    </svg>
  )
}
