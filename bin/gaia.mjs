#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { become, fail, root } from '../scripts/node24.mjs'

try {
  const source = join(root, 'node/gaia/main.ts')
  const compiled = source.replace(/\.ts$/, '.js') // What the npm package carries.
  become(existsSync(source) ? source : compiled, process.argv.slice(2))
} catch (error) {
  fail(error)
}
