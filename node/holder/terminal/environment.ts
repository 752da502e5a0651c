import type { TerminalSpec } from '../../../actors/terminals.ts'

/** Names the attempt that a process belongs to, for the sweep: `<store>/<task>/<attempt>`. */
export const MARK = 'ARCHITECT_ATTEMPT'

export interface Surroundings {
  readonly path: string
  readonly home: string
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What a command finds when the caller says nothing else. */
export function surroundingsOf(env: Readonly<Record<string, string | undefined>>): Surroundings {
  return { path: env['PATH'] || DEFAULT_PATH, home: env['HOME'] || '/' }
}

/**
 * The whole environment of a command: these defaults, then the caller's, then the mark. Nothing of
 * the node's own environment comes along, because keys of providers live there.
 */
export function environmentOf(
  spec: Pick<TerminalSpec, 'key' | 'env'>,
  store: string,
  surroundings: Surroundings,
): Record<string, string> {
  return {
    PATH: surroundings.path,
    HOME: surroundings.home,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    ...spec.env,
    [MARK]: `${store}/${spec.key.task}/${spec.key.attempt}`,
  }
}
