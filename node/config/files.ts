import { readFileSync } from 'node:fs'
import { availableParallelism, homedir, hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { RuntimeError } from '../../runtime/errors.ts'
import type { ConfigurationFiles } from './load.ts'

/** The files and facts of this machine, for `loadConfiguration`. */
export function systemFiles(): ConfigurationFiles {
  return {
    defaults: readFileSync(
      fileURLToPath(new URL('../../config/node.yaml', import.meta.url)),
      'utf8',
    ),
    read(path) {
      try {
        return readFileSync(path, 'utf8')
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        const reason = code === 'ENOENT' ? 'there is no such file' : String(code)
        const message = `Cannot read the configuration "${path}": ${reason}`
        throw new RuntimeError('NOT_FOUND', message, { cause: error })
      }
    },
    machine: {
      hostName: hostname(),
      homeDirectory: homedir(),
      workingDirectory: process.cwd(),
      cpuCount: availableParallelism(),
    },
  }
}
