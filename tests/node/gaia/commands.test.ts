import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { COMMANDS } from '../../../node/gaia/commands/table.ts'
import { formatDuration, parseDuration, parseMoment } from '../../../node/gaia/duration.ts'
import { parseCommandLine } from '../../../node/gaia/program.ts'
import { formatBytes, plain, table } from '../../../node/gaia/print.ts'
import { specOf } from '../admin/fleet-of.ts'
import { gaia, nodeOf } from './gaia-of.ts'

const BY = { project: 'default', by: 'local' }

t.test('every command explains itself, with examples that it understands', async (t) => {
  for (const command of COMMANDS) {
    const asked = parseCommandLine([...command.name.split(' '), '--help'], COMMANDS, '1')
    t.equal(asked.type, 'text')
    if (asked.type === 'text') t.match(asked.text, `Usage: gaia ${command.name}`)
    t.ok(command.examples.length > 0, command.name)
    for (const example of command.examples) {
      const words = /gaia (.*?)( [|>] .*|\))?$/
        .exec(example)?.[1]
        ?.replaceAll(/['"]/g, '')
        .split(' ')
      if (!words || /^(curl|xdg-open)/.test(example)) continue
      t.equal(parseCommandLine(words, COMMANDS, '1').type, 'command', example)
    }
  }
})

t.test('help is quick, beside a program that does nothing at all', async (t) => {
  const ratios: number[] = []
  for (let n = 0; n < 3; n++) {
    const helpMs = await timed(async () => {
      const { code, out } = await gaia('--help')
      t.equal(code, 0)
      t.match(out, 'Exit codes:')
    })
    ratios.push(helpMs / (await timed(() => run(process.execPath, ['-e', '0']))))
  }
  t.ok(Math.min(...ratios) < 8, `${ratios.map((each) => each.toFixed(1)).join(', ')} times as long`)
})

const run = promisify(execFile)

async function timed(what: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await what()
  return performance.now() - startedMs
}

const WRONG: readonly [argv: readonly string[], code: number, says: RegExp][] = [
  [['taks'], 2, /Did you mean one of task, tasks/],
  [['task', 'shw', 'x'], 2, /Did you mean show/],
  [['tasks', '--limt', '3'], 2, /Did you mean --limit/],
  [['tasks', '--limit', '201'], 2, /--limit 201: it has to be a whole number from 1 to 200/],
  [['tasks', '--state', 'running'], 2, /state "running": it is none of suspended/],
  [['task', 'show'], 2, /missing required argument 'id'/],
  [['task', 'cancel'], 2, /name tasks by id, or use --project/],
  [['task', 'cancel', 'x', '--all'], 2, /ids or filter flags, not both/],
  [['task', 'prioritize', 'x'], 2, /say how with --priority/],
  [['task', 'show', 'none'], 2, /Cannot find the task "none"/],
  [['token', 'create', '--role', 'root'], 2, /none of viewer, operator, admin/],
  [['token', 'create', '--expires', 'soon'], 2, /write 90s, 10m, 1h30m or 7d/],
  [['completion', 'powershell'], 2, /none of bash, zsh, fish/],
  [['run'], 255, /missing required argument 'command'/],
  [['run', '--detatch', '--', 'ls'], 255, /Did you mean --detach/],
  [['run', '--priority', '11', '--', 'ls'], 255, /--priority 11: .* from 0 to 10/],
  [['run', '--priority', 'high', '--', 'ls'], 255, /--priority high/],
  [['run', '--workdir', '/no/such', '--', 'ls'], 255, /"\/no\/such": there is no such directory/],
  [
    ['run', '--unique', 'a', '--conflict', 'merge', '--', 'ls'],
    255,
    /none of ignore, attach, repl/,
  ],
  [['run', '--unique', 'a', '--window', 'long', '--', 'ls'], 255, /Cannot read the time "long"/],
  [['run', '--window', '1h', '--', 'ls'], 255, /without --unique KEY/],
  [['run', '--not-before', '2026-13-01', '--', 'ls'], 255, /write 2026-12-24T18:00, or 2h/],
  [['run', '--concurrency', 'db', '--', 'ls'], 255, /write KEY=N/],
  [['run', '--on-lost', 'weep', '--', 'ls'], 255, /none of retry, ask/],
  [['run', '--meta', 'name', '--', 'ls'], 255, /write NAME=value/],
  [['run', '--timeout', '10 minutes', '--', 'ls'], 255, /Cannot read the time "10 minutes"/],
  [['run', '--env', '1X=2', '--', 'ls'], 255, /write NAME=value or NAME/],
  [['run', '--env', 'NOT_SET_ANYWHERE', '--', 'ls'], 255, /it is not set here/],
  [
    ['run', '--', 'echo', ...Array.from({ length: 50 }, () => 'x'.repeat(8_000))],
    255,
    /262,?144|256/,
  ],
]

t.test(
  'a wrong command line ends with one line that helps, and 2; gaia run with 255',
  async (t) => {
    const node = await nodeOf()
    t.teardown(node.stop)
    for (const [argv, code, says] of WRONG) {
      const ended = await node.gaia(...argv)
      const name = `gaia ${argv.join(' ')}`.slice(0, 80)
      t.equal(ended.code, code, name)
      t.match(ended.err, says, name)
      t.equal(ended.err.trimEnd().split('\n').length, 1, name)
      t.equal(ended.out, '', name)
    }
    t.equal(node.fleet.tasks.size, 0)
  },
)

t.test('without a node it says so, how to start one, and ends with 6', async (t) => {
  const empty = await gaia('tasks', '--data', '/tmp/no-such-architect')
  t.equal(empty.code, 6)
  t.match(empty.err, 'none was started in "/tmp/no-such-architect"; start one with: architect')
  t.match(empty.err, '(in a clone: npm start -- --data /tmp/no-such-architect)')
  const node = await nodeOf()
  t.teardown(node.stop)
  const gone = await node.gaia('status', '--node', '127.0.0.1:1')
  t.equal(gone.code, 6)
  t.match(gone.err, /127\.0\.0\.1:1: nothing listens there; start it with: architect --data/)
  const json = await node.gaia('status', '--node', '127.0.0.1:1', '--json')
  t.match(JSON.parse(json.out), { error: { exitCode: 6 } })
})

t.test('flags of every command may stand before it, too', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const id = node.fleet.add(specOf(), BY)
  const ended = await gaia('--json', '--data', node.directory, 'task', 'show', id)
  t.match(JSON.parse(ended.out), { id })
  t.equal((await gaia('--data', node.directory, 'run', '--nonsense')).code, 255)
})

t.test('--json of the command that gaia run is given is not ours', async (t) => {
  const nowhere = ['run', '--data', '/tmp/no-such-architect', '--title', 'mine'] as const
  const its = await gaia(...nowhere, 'tool', '--json')
  t.match(its, { code: 255, out: /^$/, err: /none was started in/ })
  const dashed = await gaia(...nowhere, '--', 'tool', '--json')
  t.match(dashed, { code: 255, out: /^$/, err: /none was started in/ })
  const ours = await gaia(...nowhere, '--json', 'tool')
  t.match(JSON.parse(ours.out), { error: { exitCode: 255 } })
  const wrong = await gaia('--json', ...nowhere, '--priority', 'high', 'tool')
  t.match(JSON.parse(wrong.out), { error: { exitCode: 255 } })
})

t.test('flags alone, or a group alone, end with 2 and the help that they need', async (t) => {
  for (const [argv, usage] of [
    [['--data', '/tmp'], 'gaia <command>'],
    [['task'], 'gaia task '],
    [['--data', 'task', 'admin'], 'gaia admin '],
    [['admin', '--node', 'token'], 'gaia admin '],
  ] as const) {
    const { code, out, err } = await gaia(...argv)
    t.equal(code, 2, argv.join(' '))
    t.equal(out, '')
    const missing = 'gaia: Cannot understand that: a command is missing'
    t.ok(err.startsWith(`${missing}\n\nUsage: ${usage}`), err.slice(0, 200))
  }
})

t.test('lists, tasks, status and tokens are shown to people and to programs', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const evil = node.fleet.add(specOf({ title: 'red \u001b[31m alert' }), BY)
  const other = node.fleet.add(specOf({ labels: ['x'] }), { ...BY, project: 'p' })

  t.match((await node.gaia('tasks', '--state', 'waiting_human')).err, 'No task matches')
  const list = await node.gaia('tasks')
  t.match(list.out, evil)
  t.notMatch(list.out, '\u001b', 'no escapes, neither ours nor of the title')
  const parsed = JSON.parse((await node.gaia('tasks', '--project', 'p', '--json')).out) as object
  t.match(parsed, { tasks: [{ id: other, state: 'available' }], counts: { available: 2 } })

  t.match((await node.gaia('task', 'show', other)).out, /command\s+echo hi/)
  t.match(JSON.parse((await node.gaia('task', 'show', other, '--json')).out), { id: other })
  t.match((await node.gaia('task', 'explain', other)).out, 'no free slot')
  const shown = (await node.gaia('status')).out
  t.match(shown, /warning +copies: one copy; to fix it: add two nodes/)
  t.match(shown, /one +alive +1 of 4 .* zone=eu\n/)
  t.match(JSON.parse((await node.gaia('status', '--json')).out), { node: 'one' })
  t.equal((await node.gaia('console')).out, 'http://127.0.0.1:8080/#c=local\n')
  const actors = (await node.gaia('admin', 'actors')).out
  t.match(actors, /idle +running +0 .*\n\ndead letters: 1 late\n.* idle +nudge +late/)
  t.match(JSON.parse((await node.gaia('admin', 'actors', '--json')).out), {
    actors: [{ id: 'idle', waiting: 0 }],
    deadLetters: { counts: { late: 1 } },
  })
  t.match((await node.gaia('admin', 'schema')).out, /task +v1/)
  const receipt = (index: number, digits: string): string => `7/1/${index}/${digits.repeat(32)}`
  t.match(await node.gaia('admin', 'verify', receipt(42, 'ab')), { out: 'true\n', code: 0 })
  t.match(await node.gaia('admin', 'verify', receipt(42, 'cd')), { out: 'false\n', code: 1 })
  t.match(await node.gaia('admin', 'verify', receipt(4, 'ab')), { out: 'unknown\n', code: 1 })
  const wrong = await node.gaia('admin', 'verify', '7/1/42')
  t.match(wrong, { code: 2, err: 'Cannot verify "7/1/42": a receipt is shard/epoch/index/hash' })
  t.match((await node.gaia('admin', 'backup', '/somewhere')).out, '100 B in /somewhere')

  const secret = (
    await node.gaia('token', 'create', '--name', 'ci', '--role', 'operator')
  ).out.trim()
  t.match(node.credentials.verify(secret), { name: 'token:ci', role: 'operator' })
  const tokens = JSON.parse((await node.gaia('token', 'list', '--json')).out) as {
    readonly tokens: readonly { readonly id: string }[]
  }
  t.equal((await node.gaia('token', 'revoke', tokens.tokens[0]?.id ?? '')).code, 0)
  t.equal(node.credentials.verify(secret), undefined)
})

t.test('tasks are acted on by id, one failure not keeping the others', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  const [a, b] = [node.fleet.add(specOf(), BY), node.fleet.add(specOf(), BY)]
  const ended = await node.gaia('task', 'cancel', a, 'none', b)
  t.equal(ended.code, 2)
  t.match(ended.err, 'Cannot find the task "none"')
  t.same(
    [...node.fleet.tasks.values()].map(({ state }) => state),
    ['cancelled', 'cancelled'],
  )
  t.equal((await node.gaia('task', 'prioritize', '--priority', '9', a)).out, `${a}  priority 9\n`)
  t.equal((await node.gaia('project', 'pause', 'p')).out, 'p is paused\n')
})

t.test('a bulk action asks first; where nobody can answer it takes --yes', async (t) => {
  const node = await nodeOf()
  t.teardown(node.stop)
  for (let n = 0; n < 3; n++) node.fleet.add(specOf(), { ...BY, project: 'p' })
  node.fleet.add(specOf(), BY)
  const unasked = await node.gaia('task', 'cancel', '--project', 'p')
  t.equal(unasked.code, 2)
  t.match(unasked.err, 'Cannot cancel 3 tasks: nobody is here to ask; add --yes')
  t.equal(node.fleet.counts().cancelled, 0)
  const sure = await node.gaia('task', 'cancel', '--project', 'p', '--yes', '--json')
  t.match(JSON.parse(sure.out), { changed: 3 })
  t.equal(node.fleet.counts().available, 1)
})

t.test('completion scripts name every command and flag', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out, code } = await gaia('completion', shell)
    t.equal(code, 0)
    for (const { name } of COMMANDS) t.match(out, name.split(' ').at(-1) ?? '', `${shell} ${name}`)
    t.match(out, 'detach')
  }
})

t.test('times, sizes and tables are written the short way', async (t) => {
  for (const [text, ms] of [
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['250ms', 250],
  ] as const) {
    t.equal(parseDuration(text), ms)
  }
  for (const text of ['', '10', 'm', '1h 30m', '-1s', '1.5h']) t.throws(() => parseDuration(text))
  t.equal(parseMoment('10m', 1_000), 601_000)
  t.equal(parseMoment('2026-12-24T18:00Z', 0), Date.UTC(2026, 11, 24, 18))
  t.equal(parseMoment('2026-12-24', 0), new Date(2026, 11, 24).getTime())
  for (const text of ['2026-', '2026-13-01', 'soon']) t.throws(() => parseMoment(text, 0))
  t.equal(formatDuration(61_000), '1m 1s')
  t.equal(formatDuration(0), '0s')
  t.equal(formatDuration(90_061_000), '1d 1h')
  t.equal(formatBytes(0), '0 B')
  t.equal(formatBytes(1_536), '1.5 KiB')
  t.equal(
    table([
      ['a', 'b'],
      ['long', 'c'],
    ]),
    'a     b\nlong  c\n',
  )
  t.equal(plain('a\nb\u001b[2J'), 'a b\uFFFD[2J')
})
