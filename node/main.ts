import { RuntimeError } from '../runtime/errors.ts'
import { compose, type RunningNode } from './compose.ts'
import { loadConfiguration, type Start } from './config/load.ts'
import { systemFiles } from './config/files.ts'
import { PROCESS_TITLE } from './config/port-probe.ts'
import { usage } from './config/usage.ts'
import { VERSION } from './version.ts'

process.title = PROCESS_TITLE

/** 1: it cannot run as asked. 2: what was asked is wrong. 70: the disk failed. 73: another process has the store. */
const EXIT = { failed: 1, usage: 2, disk: 70, locked: 73 } as const

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function end(error: unknown): never {
  const { code, message } =
    error instanceof RuntimeError ? error : { code: '', message: String((error as Error).stack) }
  process.stderr.write(`architect: ${message}\n`)
  if (code === 'STORE_LOCKED') process.exit(EXIT.locked)
  process.exit(code === 'STORE_FAILED' ? EXIT.disk : EXIT.failed)
}

function parsed(): Start {
  try {
    return loadConfiguration(process.argv.slice(2), systemFiles())
  } catch (error) {
    process.stderr.write(`architect: ${(error as Error).message}\n`)
    return process.exit(EXIT.usage)
  }
}

function announce(node: RunningNode, name: string, log: 'text' | 'json'): void {
  if (log === 'json') return say(JSON.stringify({ event: 'ready', node: name, ...node.addresses }))
  say('\n  Architect is running on this machine.\n')
  say(`  console   ${node.link()}   (this link works once, for 60 seconds)`)
  say(`  admin     ${node.addresses.admin}`)
  say(`  data      ${node.data}\n`)
  say(`  Another link: npx gaia console      A task: npx gaia run -- echo hello\n`)
}

async function main(): Promise<void> {
  const start = parsed()
  if (start.type === 'help') return say(usage())
  if (start.type === 'version') return say(VERSION)
  const { configuration } = start
  const alarm = (what: string, error: unknown): void => {
    process.stderr.write(
      `architect: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
  }
  const node = await compose(configuration, { storeFailed: end, alarm })
  announce(node, configuration.name, configuration.log)
  let stopping = false
  const stop = (): void => {
    if (stopping) process.exit(0) // Asked twice: what is acknowledged is on disk anyway.
    stopping = true
    node.stop().then(() => process.exit(0), end)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

main().catch(end)
