import type { ComponentChildren, JSX } from 'preact'
import { CommandHint } from './command-hint.tsx'

/** Says why there is nothing here, and what would change that. */
export function Empty(props: {
  readonly children: ComponentChildren
  readonly command?: string
}): JSX.Element {
  return (
    <div class="empty">
      <p>{props.children}</p>
      {props.command !== undefined && <CommandHint command={props.command} />}
    </div>
  )
}

/** Not the same as empty: nobody knows yet. */
export function Loading({ what }: { readonly what: string }): JSX.Element {
  return (
    <div class="empty loading" aria-busy="true">
      <p>Asking the node for {what} …</p>
    </div>
  )
}
