#!/usr/bin/env node
// `npm pack` calls this: the sources as JavaScript in dist/, with the files that they read beside
// them. Node strips types of its own project only, never of an installed package.
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fail, installed, nodePath, root, run } from './node24.mjs'

/** Read at run time, by paths relative to the compiled files. */
const BESIDE = ['package.json', 'proto', 'config', 'console/page/built']

try {
  installed()
  const page = join(root, 'scripts', 'page.mjs')
  const built = run(nodePath(), [page, '--if-stale'], { stdio: ['ignore', 2, 2] })
  if (built !== 0) throw new Error('Cannot build the page: see above')
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const compiled = run(tsc, ['--project', 'tsconfig.package.json'], { stdio: ['ignore', 2, 2] })
  if (compiled !== 0) throw new Error('Cannot compile the package: see above')
  for (const path of BESIDE) {
    if (!existsSync(join(root, path))) throw new Error(`Cannot pack: "${path}" is not there`)
    mkdirSync(dirname(join(dist, path)), { recursive: true })
    cpSync(join(root, path), join(dist, path), { recursive: true })
  }
} catch (error) {
  fail(error)
}
