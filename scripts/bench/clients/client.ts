import { spawn } from 'node:child_process'
import { join } from 'node:path'

/**
 * Runs one of the programs of this folder to its end, as a process of its own: a caller is never
 * part of what it calls. It gets `options`, and answers with one value of JSON.
 */
export function runClient(file: string, options: object): Promise<unknown> {
  const path = join(import.meta.dirname, file)
  const argv = ['--disable-warning=ExperimentalWarning', path, JSON.stringify(options)]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(text))
      else reject(new Error(`Cannot measure with "${file}": it ended with ${code ?? 'a signal'}`))
    })
  })
}

/** In the program: what it was given. */
export function optionsOf<Options>(): Options {
  return JSON.parse(process.argv[2] ?? '{}') as Options
}

/** In the program: its answer, and its end. */
export function answer(value: unknown): void {
  process.stdout.write(JSON.stringify(value), () => process.exit(0))
}
