import { spawnSync } from 'node:child_process'
import t from 'tap'

const BUDGET = { scriptBytes: 60_000, styleBytes: 15_000, terminalBytes: 95_000 } as const

function build(): { readonly out: string; readonly err: string } {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/page.mjs', '--if-stale', '--sizes'],
    { encoding: 'utf8', env: { ...process.env, NODE_V8_COVERAGE: undefined } },
  )
  return { out: stdout, err: stderr }
}

t.test('the page is built, if it has to be, within its budgets', async (t) => {
  build()
  const { out, err } = build()
  t.equal(err, '', 'what was built just now is not stale')
  const sizes = JSON.parse(out) as Record<keyof typeof BUDGET, number>
  for (const name of Object.keys(BUDGET) as (keyof typeof BUDGET)[]) {
    t.ok(sizes[name] > 0 && sizes[name] <= BUDGET[name], `${name}: ${sizes[name]}`)
  }
})
