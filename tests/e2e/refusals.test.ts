import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { readCredential } from '../../node/local-access.ts'
import { bearer, clientOf, failureOf, type Message } from '../node/admin/door-of.ts'
import { start } from '../node/gaia/gaia-of.ts'
import { architectOf, nodeFlags, spawnArchitect, temporaryDirectory } from './architect-of.ts'

/** A line, and nothing else. */
function line(pattern: RegExp): RegExp {
  return new RegExp(`^(architect|gaia): ${pattern.source}\n$`)
}

t.test('architect refuses what is wrong, in one line, before it does anything', async (t) => {
  const directory = await temporaryDirectory()
  const file = join(directory, 'node.yaml')
  await writeFile(file, 'node:\n  slots: 2\n  lables: [gpu]\n')
  const data = join(directory, 'data')
  const cases: readonly (readonly [flags: readonly string[], said: RegExp])[] = [
    [
      ['--config', file],
      /.*node\.yaml:3: there is no key "node\.lables"; did you mean "node\.labels"\?/,
    ],
    [['--config', join(directory, 'no.yaml')], /.*no\.yaml": there is no such file/],
    [['--slot', '3'], /.*there is no flag "--slot"; did you mean "--slots"\?.*/],
    [
      ['--slots', 'many'],
      /--slots: "node\.slots" has to be a whole number from 0 to 1024, not "many"/,
    ],
    [['--console', '0.0.0.0:8080'], /.*has to be a loopback address.*/],
    [['--name'], /.*--name needs a value.*/],
    [['--join', '10.0.0.5:8082'], /.*--join is of no use yet: .* one machine.*/],
    [['here'], /.*"here" is no flag.*/],
  ]
  for (const [flags, said] of cases) {
    const { code, out, err } = await spawnArchitect([...nodeFlags(data), ...flags]).ended
    const pattern = said.source.startsWith('.*') ? said : new RegExp(`.*${said.source}`)
    t.match(err, line(pattern))
    t.equal(code, 2)
    t.equal(out, '')
  }
  t.notOk(existsSync(data))
})

t.test('a directory that cannot be used is refused', async (t) => {
  const directory = await temporaryDirectory()
  const open = join(directory, 'open')
  await mkdir(open)
  await chmod(open, 0o755)
  await writeFile(join(open, 'notes.txt'), 'not ours')
  const occupied = join(directory, 'file')
  await writeFile(occupied, '')
  const cases: readonly (readonly [flags: readonly string[], said: RegExp])[] = [
    [['--data', open], /Cannot open ".*open": others may read it; run chmod 700 ".*open"/],
    [['--data', occupied], /Cannot open ".*file": it is not a directory/],
    [['--data', '/proc/here'], /Cannot open "\/proc\/here": ENOENT.*/],
  ]
  for (const [flags, said] of cases) {
    const { code, err } = await spawnArchitect([...nodeFlags(directory), ...flags]).ended
    t.match(err, line(said))
    t.equal(code, 1)
  }
})

t.test('a second node on a directory ends with 73 and names the first', async (t) => {
  const node = await architectOf()
  t.teardown(() => node.remove())
  const { code, err } = await spawnArchitect(nodeFlags(node.directory)).ended
  t.equal(code, 73)
  const { pid } = node.process.child
  t.equal(err, `architect: Cannot open "${node.directory}": process ${pid} has it open\n`)
  t.match(await start(['--data', node.directory, 'status']).ended, { code: 0 }, 'which goes on')
})

t.test('a port that another program has ends the start, and names the program', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const directory = await temporaryDirectory()
  for (const door of ['console', 'admin']) {
    const flags = [...nodeFlags(directory), `--${door}`, `127.0.0.1:${port}`]
    const { code, err } = await spawnArchitect(flags).ended
    t.equal(code, 1)
    const said = `Cannot listen on 127\\.0\\.0\\.1:${port}: ".*" \\(pid ${process.pid}\\) has that port; stop it, or give another with --${door}`
    t.match(err, line(new RegExp(said)))
  }
})

t.test('nodes without addresses take one free set of ports after another', async (t) => {
  const nodes = []
  for (let count = 0; count < 2; count++) {
    const directory = await temporaryDirectory()
    const node = spawnArchitect(['--data', directory, '--log', 'json'])
    t.teardown(() => {
      node.child.kill('SIGTERM')
      return node.ended
    })
    nodes.push(await node.ready)
  }
  const ports = nodes.map(({ console, admin }) =>
    [console, admin].map((address) => Number(address.split(':')[1])),
  )
  const [first, second] = ports.map(([console = 0]) => console)
  t.ok(first !== undefined && first >= 8080 && first % 10 === 0, `the first has ${first}`)
  t.ok(second !== undefined && second >= 8080 && second % 10 === 0 && second !== first)
  for (const [console = 0, admin] of ports) t.equal(admin, console + 1)
})

t.test('gaia and gRPC refuse bad input, and nothing is stored', async (t) => {
  const node = await architectOf()
  t.teardown(() => node.remove())
  const client = clientOf(node.ready.admin)
  t.teardown(() => client.close())
  const local = bearer(await readCredential(node.directory))
  const [own = '', other = ''] = [
    't30-01M87N353EFZP340ESQHMBQ2AA',
    't30-01M87N353EFZP340ESQHMBQ2AB',
  ]

  t.test('gaia', async (t) => {
    const big = 'x'.repeat(100_000)
    const cases: readonly (readonly [argv: readonly string[], code: number, said: RegExp])[] = [
      [
        ['run', '--prioritty', '9', '--', 'true'],
        255,
        /.*'--prioritty' \(Did you mean --priority\?\)/,
      ],
      [['run', '--priority', '11', '--', 'true'], 255, /.*--priority 11: it has to be .* 0 to 10/],
      [
        ['run', '--workdir', '/nowhere', '--', 'true'],
        255,
        /.*"\/nowhere": there is no such directory/,
      ],
      [['run', '--project', 'a b', '--', 'true'], 255, /Cannot use the project "a b": .*/],
      [['run', '--after', 'x', '--', 'true'], 255, /.*after\.0: it is no task id/],
      [['run', '--timeout', 'soon', '--', 'true'], 255, /.*"soon": write 90s, .*/],
      [
        ['run', '--', 'echo', big, big, big],
        255,
        /.*argv: it has 300008 bytes, the limit is 262144/,
      ],
      [['run'], 255, /.*missing required argument 'command'/],
      [['taks'], 2, /.*unknown command 'taks' \(Did you mean one of task, tasks\?\)/],
      [['tasks', '--state', 'done'], 2, /.*the state "done": it is none of suspended, .*/],
      [['task', 'show', own], 2, /Cannot find the task ".*": .*/],
      [['task', 'prioritize', '--priority', '11', own], 2, /.*from 0 to 10/],
      [['project', 'pause', 'a b'], 2, /Cannot use the project "a b": .*/],
      [
        ['token', 'create', '--name', 'x', '--role', 'king'],
        2,
        /.*none of viewer, operator, admin/,
      ],
    ]
    await Promise.all(
      cases.map(async ([argv, expected, said]) => {
        const [command = '', ...rest] = argv
        const { code, out, err } = await start([command, '--data', node.directory, ...rest]).ended
        t.match(err, line(said), argv.slice(0, 4).join(' '))
        t.equal(code, expected)
        t.equal(out, '')
      }),
    )
  })

  t.test('gRPC', async (t) => {
    const argv = ['true']
    const cases: readonly (readonly [specs: readonly object[], said: RegExp, more?: object])[] = [
      [[], /there is no task/],
      [[{ argv: [] }], /argv/],
      [[{ argv, kind: 'agent' }], /kind: it has to be "shell"/],
      [[{ argv, priority: 11 }], /priority: it has to be at most 10/],
      [[{ argv, workdir: '/nowhere' }], /workdir: there is no directory "\/nowhere"/],
      [[{ argv, workdir: 'here' }], /workdir: it is not an absolute path/],
      [[{ argv: ['x'.repeat(300_000)] }], /argv: it has 300001 bytes, the limit is 262144/],
      [
        [
          { argv, after: [own] },
          { argv, after: [other] },
        ],
        /wait for each other: .* → .* → .*/,
        { ids: [other, own] },
      ],
      [[{ argv, after: [own] }], /wait for each other/, { ids: [own] }],
      [[{ argv }], /the project "a b"/, { project: 'a b' }],
      [[{ argv }], /the key is missing/, { key: '' }],
      [[{ argv }, { argv: ['tr\0ue'] }], /argv\.0: it has a zero byte/],
    ]
    for (const [at, [specs, said, more]] of cases.entries()) {
      const request = { key: `refused-${at}`, specs, ...more }
      const failure = await failureOf(client.unary('SubmitTask', request, local))
      t.equal(failure.code, 3, failure.details)
      t.match(failure.details, said)
      t.notMatch(failure.details, '\n')
    }
  })

  t.test('nothing', async (t) => {
    const { counts } = await client.unary('GetStatus', {}, local)
    t.same(
      Object.values(counts as object).filter((count) => Number(count) > 0),
      [],
    )
    t.equal(node.process.err(), '')
  })
})

t.test('a full queue says when to try again', async (t) => {
  const node = await architectOf({ slots: 0 })
  t.teardown(() => node.remove())
  const client = clientOf(node.ready.admin)
  t.teardown(() => client.close())
  const local = bearer(await readCredential(node.directory))
  const submit = (key: string, count: number, project = 'full'): Promise<Message> => {
    const specs = Array.from({ length: count }, () => ({ argv: ['true'] }))
    return client.unary('SubmitTask', { key, project, specs }, local)
  }
  const batches = Array.from({ length: 200 }, (_, at) => `k${at}`)
  for (let at = 0; at < batches.length; at += 8) {
    await Promise.all(batches.slice(at, at + 8).map((key) => submit(key, 500)))
  }
  const failure = await failureOf(submit('one more', 1))
  t.equal(failure.code, 8)
  t.match(failure.details, 'Cannot submit to "full": 100000 tasks wait, the limit is 100000')
  t.same(failure.metadata.get('retry-after-ms'), ['5000'])
  t.match(await submit('k0', 500), { repeated: true }, 'what was taken is still known')
  t.ok(await submit('another', 1, 'other'), 'another project has room')
  const { counts } = await client.unary('GetStatus', {}, local)
  t.match(counts, { available: 100_001 })
})
