#!/usr/bin/env node
// `npm start`: installs, builds the page, starts one node. Takes every flag of `architect`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { become, fail, installed, nodePath, root, run } from './node24.mjs'

try {
  installed()
  const page = join(root, 'scripts', 'page.mjs')
  if (
    existsSync(page) &&
    run(nodePath(), [page, '--if-stale'], { stdio: ['ignore', 2, 2] }) !== 0
  ) {
    throw new Error('Cannot build the page: see above')
  }
  become(join(root, 'node', 'main.ts'), process.argv.slice(2))
} catch (error) {
  fail(error)
}
