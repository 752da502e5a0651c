import { setTimeout as pause } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { RuntimeError } from '../../runtime/errors.ts'
import { systemClock } from '../../runtime/scheduling/system-clock.ts'
import { DIRECTORY_DEFAULT, readCredential, readLocalAccess } from '../local-access.ts'
import type { AdminClient } from './client.ts'
import type { Context } from './command.ts'
import { Ending, EXIT, Unreachable } from './exit.ts'
import type { Terminal } from './terminal.ts'

/** The real context: this machine, and the node that a data directory tells of. */
export interface Access {
  readonly terminal: Terminal
  readonly json: boolean
  /** `--data`. */
  readonly directory: string | undefined
  /** `--node`. */
  readonly address: string | undefined
}

const KEY_BYTES = 16

export function systemContext({ terminal, json, ...access }: Access): Context {
  const directory = resolve(access.directory ?? DIRECTORY_DEFAULT)
  const addressNow = async (): Promise<string> =>
    access.address ?? (await readLocalAccess(directory))?.address ?? nobody(directory)
  return {
    terminal,
    json,
    directory,
    clock: systemClock,
    workingDirectory: process.cwd(),
    environment: process.env,
    local: async () => /^(127\.|localhost:|\[::1\])/.test(await addressNow()),
    async connect(): Promise<AdminClient> {
      // Read each time: a node that was started again may be somewhere else.
      const address = await addressNow()
      const secret = await readCredential(directory).catch(noCredential)
      const { connectAdmin } = await import('./client.ts')
      return connectAdmin({ address, secret, whenRefused: startHint(access.directory) })
    },
    newKey: () => randomBytes(KEY_BYTES).toString('hex'),
    pause: (delayMs) => pause(delayMs),
  }
}

function nobody(directory: string): never {
  const [flags, more] = directory === DIRECTORY_DEFAULT ? ['', ''] : [` --data ${directory}`, ' --']
  const how = `architect${flags} (in a clone: npm start${more}${flags})`
  const message = `Cannot find a node: none was started in "${directory}"; start one with: ${how}`
  throw new Unreachable(message, { refused: true })
}

function startHint(directory: string | undefined): string {
  return `start it with: architect${directory === undefined ? '' : ` --data ${directory}`}`
}

function noCredential(failure: unknown): never {
  if (!(failure instanceof RuntimeError) || failure.code !== 'NOT_FOUND') throw failure
  throw new Ending(
    EXIT.failed,
    `${failure.message}; give the data directory of the node with --data`,
    { cause: failure },
  )
}
