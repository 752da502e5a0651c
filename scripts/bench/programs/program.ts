import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * The programs of this folder run as processes of their own: a caller is never part of what it
 * calls. Each gets its options as JSON, and says what it has to say in lines of JSON.
 */
export interface Program {
  /** What it said first. */
  readonly ready: unknown
  /** Asks it to end; resolves with what it said last. */
  stop(): Promise<unknown>
}

/** Starts a program that serves; resolves once it says that it does. */
export async function startProgram(file: string, options: object): Promise<Program> {
  const child = start(file, options)
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]()
  const said = async (): Promise<unknown> => {
    const { done, value } = await lines.next()
    if (done === true) throw new Error(`Cannot measure with "${file}": it ended`)
    return JSON.parse(value)
  }
  return {
    ready: await said(),
    async stop() {
      child.kill('SIGTERM')
      return said()
    },
  }
}

/** Runs a program to its end; resolves with its answer. */
export function runProgram(file: string, options: object): Promise<unknown> {
  const child = start(file, options)
  let text = ''
  child.stdout?.on('data', (chunk) => {
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

function start(file: string, options: object): ChildProcess {
  const path = join(import.meta.dirname, file)
  const argv = [...process.execArgv, path, JSON.stringify(options)]
  return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** In a program: what it was given. */
export function optionsOf<Options>(): Options {
  return JSON.parse(process.argv[2] ?? '{}') as Options
}

export function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** The last word, and the end. */
export function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`, () => process.exit(0))
}
