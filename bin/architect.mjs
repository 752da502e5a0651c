#!/usr/bin/env node
import { becomeProgram, fail } from '../scripts/node24.mjs'

try {
  becomeProgram('node/main.ts', process.argv.slice(2))
} catch (error) {
  fail(error)
}
