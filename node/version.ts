import { readFileSync } from 'node:fs'

/** As in `package.json`. */
export const VERSION = versionOf(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

function versionOf(text: string): string {
  const { version } = JSON.parse(text) as { readonly version?: unknown }
  return String(version)
}
