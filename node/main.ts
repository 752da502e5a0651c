import { RuntimeError } from '../runtime/errors.ts'
import { compose, type RunningNode } from './compose.ts'
import { loadConfiguration, type Start } from './config/load.ts'
import { systemFiles } from './config/files.ts'
import { PROCESS_TITLE } from './config/port-probe.ts'
import { closeInheritedFiles } from './inherited-files.ts'
import { DIRECTORY_DEFAULT } from './local-access.ts'
import { usage } from './config/usage.ts'
import { VERSION } from './version.ts'

process.title = PROCESS_TITLE
closeInheritedFiles()
// Who read our log may leave before us (`architect | head -1`): what we say then is lost, and no more.
for (const log of [process.stdout, process.stderr]) log.on('error', () => undefined)

/** 1: it cannot run as asked. 2: what was asked is wrong. 70: the disk failed. 73: another process has the store. */
const EXIT = { failed: 1, usage: 2, disk: 70, locked: 73 } as const

/** One Ctrl-C comes from the terminal and, a moment later, again from a launcher above us. */
const ECHO_MS = 300

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function note(line: string): void {
  process.stderr.write(`architect: ${line}\n`)
}

/** What the system or the operator did is one line; only a bug of ours is a stack. */
function lineOf(error: unknown): string {
  if (error instanceof RuntimeError) return error.message
  const failed = error instanceof Error && 'syscall' in error
  return failed ? `Cannot go on: ${error.message}` : traceOf(error)
}

function end(error: unknown): never {
  note(lineOf(error))
  const code = error instanceof RuntimeError ? error.code : undefined
  if (code === 'STORE_FULL') startAgain()
  if (code === 'STORE_LOCKED') process.exit(EXIT.locked)
  process.exit(code === 'STORE_FAILED' ? EXIT.disk : EXIT.failed)
}

/**
 * A write that met a full disk leaves a store that only a new start can open. It waits there until
 * there is room, so the node heals by itself, with nobody there to start it. Returns only on a
 * system that cannot.
 */
function startAgain(): void {
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  process.execve?.(process.execPath, argv, process.env)
}

function parsed(): Start {
  try {
    return loadConfiguration(process.argv.slice(2), systemFiles())
  } catch (error) {
    note(lineOf(error))
    return process.exit(EXIT.usage)
  }
}

function announce(node: RunningNode, name: string, log: 'text' | 'json'): void {
  if (log === 'json') return say(JSON.stringify({ event: 'ready', node: name, ...node.addresses }))
  say('\n  Architect is running on this machine.\n')
  say(`  console   ${node.link()}`)
  say(`            this link works once, for 60 seconds`)
  say(`  admin     ${node.addresses.admin}`)
  say(`  data      ${node.data}\n`)
  const where = node.data === DIRECTORY_DEFAULT ? '' : ` --data ${node.data}`
  say(`  another link: npx gaia console${where}`)
  say(`  a first task: npx gaia run${where} -- echo hello\n`)
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

async function main(): Promise<void> {
  const start = parsed()
  if (start.type === 'help') return say(usage())
  if (start.type === 'version') return say(VERSION)
  const { configuration } = start
  const alarm = (what: string, error: unknown): void => note(`${what}: ${traceOf(error)}`)
  const node = await compose(configuration, { storeFailed: end, alarm, note })
  announce(node, configuration.name, configuration.log)
  let stoppingMs: number | undefined
  const stop = (): void => {
    const nowMs = performance.now()
    if (stoppingMs !== undefined && nowMs - stoppingMs < ECHO_MS) return
    if (stoppingMs !== undefined) process.exit(0) // What is acknowledged is on disk anyway.
    stoppingMs = nowMs
    node.stop().then(() => process.exit(0), end)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

main().catch(end)
