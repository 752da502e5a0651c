import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { listen } from '../../../console/http/listen.ts'
import { httpServerContract } from '../../contracts/http-server.contract.ts'

const cache = mkdtempSync(join(tmpdir(), 'architect-cache-'))
t.teardown(() => rmSync(cache, { recursive: true }))

/** Where uWebSockets.js must be what serves: there it may not be replaced without anyone noticing. */
const MUST = process.platform === 'darwin' || (process.platform === 'linux' && isKnown())

function isKnown(): boolean {
  return process.arch === 'x64' || process.arch === 'arm64'
}

httpServerContract(t, MUST ? 'uws' : 'node', (options) =>
  listen({ ...options, cache, fellBack: (failure) => t.comment(String(failure)) }),
)
