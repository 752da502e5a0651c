import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { PANELS, type Panel } from '../panels.ts'
import { Banner } from './banner.tsx'
import { Confirm } from '../dialogs/confirm.tsx'
import { useConsole, type Dialog } from './console.ts'
import { Help } from '../dialogs/help.tsx'
import { useKeys } from './keys.ts'
import { Navigation } from './navigation.tsx'
import { NoticeList } from './notices.tsx'
import { Prioritize } from '../dialogs/prioritize.tsx'
import { matchPath } from '../browser/routes.ts'
import { RunForm } from '../dialogs/run-form.tsx'
import { Spoken } from './spoken.tsx'

/** What stands around every panel: navigation, news of the connection, dialogs, keys. */
export function Frame(): JSX.Element {
  const { dialog, notices, link, router } = useConsole()
  const content = useRef<HTMLElement>(null)
  const { path } = router.place.value
  const found = panelAt(path)
  useKeys()
  useEffect(() => {
    document.title = found ? `${found.panel.title} · Architect` : 'Architect'
  }, [found?.panel])
  // Who listens to the page, or goes through it by keys, begins at the top of what is new.
  useEffect(() => {
    if (router.left !== undefined) content.current?.focus({ preventScroll: true })
  }, [router, path])
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Navigation at={found?.panel} />
      <div class="main">
        <Banner />
        <main
          id="content"
          ref={content}
          tabIndex={-1}
          class={link.old.value && !link.paused.value ? 'stale' : ''}
        >
          {found ? <found.panel.Content key={path} params={found.params} /> : <Nowhere />}
        </main>
      </div>
      <NoticeList notices={notices} />
      <Spoken />
      {dialog.value && <Open dialog={dialog.value} />}
    </>
  )
}

function Open({ dialog }: { readonly dialog: Dialog }): JSX.Element {
  switch (dialog.type) {
    case 'run':
      return <RunForm {...dialog} />
    case 'help':
      return <Help />
    case 'confirm':
      return <Confirm question={dialog} />
    case 'prioritize':
      return <Prioritize {...dialog} />
  }
}

function panelAt(
  path: string,
): { readonly panel: Panel; readonly params: Readonly<Record<string, string>> } | undefined {
  for (const panel of PANELS) {
    const params = matchPath(panel.path, path)
    if (params) return { panel, params }
  }
  return undefined
}

function Nowhere(): JSX.Element {
  return (
    <div class="empty">
      <h1>There is nothing here</h1>
      <p>
        The address names no part of the console. Go to the <a href="/">overview</a>.
      </p>
    </div>
  )
}
