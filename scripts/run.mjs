#!/usr/bin/env node
// `node scripts/run.mjs FILE …`: a TypeScript file of this repository under a fitting Node.
import { resolve } from 'node:path'
import { become, fail, installed } from './node24.mjs'

try {
  installed()
  const [file, ...args] = process.argv.slice(2)
  become(resolve(file), args)
} catch (error) {
  fail(error)
}
