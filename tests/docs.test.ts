import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'

function pages(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  })
  return listed.split('\n').filter((path) => path.endsWith('.md') && existsSync(path))
}

/** What a page leads to: its links, and the files of ours that it names as code. */
function targetsOf(page: string, text: string): readonly string[] {
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = '']) =>
    normalize(join(dirname(page), link)),
  )
  const named = text.matchAll(
    /`((?:tests|scripts|config|docs|proto|actors|runtime|console|node)\/[\w./-]+)`/g,
  )
  return [...links, ...[...named].map(([, path = '']) => path)]
}

t.test('every page leads only to what is there', async (t) => {
  const broken = pages().flatMap((page) => {
    const missing = targetsOf(page, readFileSync(page, 'utf8')).filter((path) => !existsSync(path))
    return missing.map((path) => `${page}: ${path} is not there`)
  })
  t.same(broken, [])
})

t.test('each fault that operations.md says was tried is in the tests that it names', async (t) => {
  const rows = readFileSync('docs/operations.md', 'utf8').match(/^\| F\d.*$/gm) ?? []
  t.ok(rows.length > 10)
  const absent = rows.flatMap((row) => {
    const [, faults = ''] = row.split('|')
    const named = [...row.matchAll(/`(tests\/[^`]+)`/g)].map(([, path = '']) => path)
    const texts = named.map((path) => [path, readFileSync(path, 'utf8')] as const)
    return [...faults.matchAll(/F\d+/g)].flatMap(([fault]) =>
      texts.flatMap(([path, text]) =>
        new RegExp(`\\b${fault}\\b`).test(text) ? [] : [`${fault} is not in ${path}`],
      ),
    )
  })
  t.same(absent, [])
})

t.test('targetsOf() finds links and files, and leaves the web alone', async (t) => {
  const text =
    'See [a](b.md#c), [d](https://e.org), `tests/f.ts`, [g](../README.md) and `npm test`.'
  t.same(targetsOf('docs/x.md', text), ['docs/b.md', 'README.md', 'tests/f.ts'])
})
