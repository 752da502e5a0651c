import type { Page } from 'playwright'
import { start } from '../node/gaia/gaia-of.ts'
import type { Architect } from './architect-of.ts'

/** `gaia` for a node; what it printed. */
export function gaiaOf({ directory }: Architect): (...argv: readonly string[]) => Promise<string> {
  return async (...argv) => {
    const { out, err, code } = await start(['--data', directory, ...argv]).ended
    if (code !== 0) throw new Error(`gaia ${argv.join(' ')} ended with ${code}: ${err}`)
    return out.trim()
  }
}

/** Types a command into the form, from wherever the reader is. */
export async function submit(page: Page, command: string): Promise<void> {
  await page.keyboard.press('n')
  await page.getByRole('textbox', { name: 'Command' }).fill(command)
  await page.keyboard.press('Enter')
  await page.locator('article.task').waitFor()
}

/** A link that signs in, at the address that the browser is told to go to. */
export async function linkOf(node: Architect): Promise<string> {
  return (await gaiaOf(node)('console')).replace('localhost', '127.0.0.1')
}
