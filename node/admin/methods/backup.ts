import type { Caller, Feed, Outlet, Ports } from './method.ts'
import { progressOf } from './progress.ts'
import { invalid, present } from './requests.ts'

interface BackupStep {
  readonly copiedBytes: number
  readonly totalBytes: number
  readonly done: boolean
}

/** Copies the store into a directory of the node's machine. */
export function backup(
  request: { readonly directory?: string },
  _caller: Caller,
  { actions }: Ports,
  outlet: Outlet,
): Feed {
  const directory = present('directory', request.directory)
  if (!directory.startsWith('/')) {
    throw invalid('directory', `Cannot back up into "${directory}": it is not an absolute path`)
  }
  let last = { copiedBytes: 0, totalBytes: 0 }
  return progressOf<BackupStep>(outlet, async (step) => {
    await actions.backup(directory, (copiedBytes, totalBytes) => {
      last = { copiedBytes, totalBytes }
      step({ ...last, done: false })
    })
    return { ...last, done: true }
  })
}
