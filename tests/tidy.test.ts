import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { EDGES } from './edges.ts'
import { breaches, orphans, type Source } from './tidy.ts'

/** Files that are started, not imported. */
const ENTRIES = [
  /^node\/main\.ts$/,
  /^node\/gaia\/main\.ts$/,
  /^node\/holder\/main\.ts$/,
  /^console\/page\//,
]

function repository(): Source[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  })
  const paths = listed.split('\n').filter((path) => /\.(ts|tsx|mjs)$/.test(path))
  return paths.flatMap((path) => {
    try {
      return [{ path, text: readFileSync(path, 'utf8') }]
    } catch {
      return [] // Listed, and deleted since.
    }
  })
}

t.test('the tree keeps the house style', async (t) => {
  t.same(breaches(repository(), EDGES), [])
})

t.test('no module is dead', async (t) => {
  t.same(orphans(repository(), ENTRIES), [])
})

t.test('breaches() names each of the sins of a planted file', async (t) => {
  const path = 'runtime/membership/utils.ts'
  const text = `import { task } from '../../actors/task.ts'
import { readFileSync } from 'node:fs'
// TODO: later
export default function now(): any { return Date.now() + Math.random() + task }
setTimeout(now, process.uptime())
`
  t.same(breaches([{ path, text }], new Map()).toSorted(), [
    `${path}: exports a default`,
    `${path}: has a vague name`,
    `${path}: holds unfinished work`,
    `${path}: imports actors/task.ts, which is a floor above`,
    `${path}: imports node:fs, and is no edge`,
    `${path}: reads the clock, and is no edge`,
    `${path}: sets a timer, and is no edge`,
    `${path}: takes chance, and is no edge`,
    `${path}: touches the process, and is no edge`,
    `${path}: uses any`,
  ])
})

t.test('breaches() names what grew too large, and edges that are gone', async (t) => {
  const long = { path: 'actors/long.ts', text: '\n'.repeat(500) }
  const many = Array.from({ length: 20 }, (_, at) => ({ path: `actors/many/${at}.ts`, text: '' }))
  const edges = new Map([['runtime/gone.ts', 'was here']])
  t.same(breaches([long, ...many], edges), [
    'actors/long.ts: has 501 lines, more than 400',
    'actors/many: holds 20 files, more than 14',
    'runtime/gone.ts: is named as an edge, and is not there',
  ])
})

t.test('orphans() names a module that nobody imports', async (t) => {
  const files = [
    { path: 'actors/used.ts', text: '' },
    { path: 'actors/dead.ts', text: `import './used.ts'` },
  ]
  t.same(orphans(files, []), ['actors/dead.ts'])
})
