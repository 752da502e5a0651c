/** What a browser fetches before the console shows anything, compressed. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type Bench, bounded, type Figure, type Measured, type Result, stated } from '../figure.ts'

const BUILD = join(import.meta.dirname, '..', '..', 'page.mjs')
/** Units: kB, of 1,000 bytes. */
const SCRIPT_KB_MAX = 60
const STYLE_KB_MAX = 15

export const page: Figure = {
  id: 'page',
  title: 'first load of the console, compressed',
  measure,
}

type Sizes = Readonly<Record<'scriptBytes' | 'styleBytes' | 'terminalBytes', number>>

function measure({ say }: Bench): Promise<readonly Result[]> {
  say('building')
  const printed = execFileSync(process.execPath, [BUILD, '--sizes'], { encoding: 'utf8' })
  const { scriptBytes, styleBytes, terminalBytes } = JSON.parse(printed) as Sizes
  return Promise.resolve([
    bounded(inKb({ id: 'page', what: 'script', bytes: scriptBytes }), SCRIPT_KB_MAX),
    bounded(inKb({ id: 'page.style', what: 'style', bytes: styleBytes }), STYLE_KB_MAX),
    stated(inKb({ id: 'page.terminal', what: 'with the first terminal', bytes: terminalBytes })),
  ])
}

type InBytes = Pick<Measured, 'id' | 'what'> & { readonly bytes: number }

function inKb({ bytes, ...measured }: InBytes): Measured {
  return { ...measured, value: bytes / 1_000, unit: 'kB' }
}
