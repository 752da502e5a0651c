import { globSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parseDocument, type Pair, type Scalar, type YAMLMap } from 'yaml'
import { systemFiles } from '../../../node/config/files.ts'
import { KEY_NAMES, KEYS, type Key, type NodeConfiguration } from '../../../node/config/keys.ts'
import { loadConfiguration } from '../../../node/config/load.ts'
import { usage } from '../../../node/config/usage.ts'
import { RuntimeError } from '../../../runtime/errors.ts'

const machine = {
  hostName: 'Büro-1.example.org',
  homeDirectory: '/home/ann',
  workingDirectory: '/home/ada',
  cpuCount: 8,
}
const { defaults } = systemFiles()

/** The configuration of these flags, with a user's file of this text. */
function loaded(argv: readonly string[], text = ''): NodeConfiguration {
  const start = loadConfiguration(argv, { defaults, machine, read: () => text })
  if (start.type !== 'node') throw new Error(start.type)
  return start.configuration
}

function refusal(argv: readonly string[], text?: string): string {
  try {
    loaded(text === undefined ? argv : ['--config', 'my.yaml', ...argv], text)
  } catch (failure) {
    if (failure instanceof RuntimeError && failure.code === 'INVALID_ARGUMENT')
      return failure.message
    throw failure
  }
  return 'accepted'
}

t.test('without flags and files a node has the defaults of config/node.yaml', async (t) => {
  t.match(loaded([]), {
    data: '/home/ann/.architect',
    name: 'b-ro-1',
    console: '127.0.0.1:8080',
    admin: '127.0.0.1:8081',
    log: 'text',
    slots: 8,
    labels: [],
    adminLimits: { messageBytesMax: 4_194_304, callsMax: 128 },
  })
  t.equal(loaded([]).explicit.size, 0)
})

t.test(
  'flags win over the file, the file over the defaults; asked addresses are explicit',
  async (t) => {
    const text =
      'node:\n  slots: 3\n  name: one\n  admin: 127.0.0.1:9000\n  adminLimits:\n    callsMax: 7\n'
    const configuration = loaded(
      ['--config', 'my.yaml', '--slots=4', '--console', '127.0.0.1:1', '--labels', 'gpu,zone=eu'],
      text,
    )
    t.match(configuration, { slots: 4, name: 'one', labels: ['gpu', 'zone=eu'] })
    t.match(configuration.adminLimits, { callsMax: 7, inFlightMax: 1_024 })
    t.same([...configuration.explicit], ['console', 'admin'])
    t.ok(Object.isFrozen(configuration) && Object.isFrozen(configuration.adminLimits))
  },
)

t.test('a relative data directory starts where the program does; ~ is home', async (t) => {
  t.equal(loaded(['--data', 'd']).data, '/home/ada/d')
  t.equal(loaded(['--data', '~/d']).data, '/home/ann/d')
  t.equal(loaded(['--data', '/d']).data, '/d')
})

const REFUSALS: readonly [text: string, says: RegExp][] = [
  ['node:\n  lables: [a]\n', /my\.yaml:2: .*"node\.lables"; did you mean "node\.labels"\?/],
  ['\n\nslots: 3\n', /my\.yaml:3: .*"slots"; did you mean "node\.slots"\?/],
  ['nod:\n  slots: 3\n', /my\.yaml:1: .*"nod"; did you mean "node"\?/],
  [
    'node:\n  adminLimits:\n    callMax: 3\n',
    /my\.yaml:3: .*did you mean "node\.adminLimits\.callsMax"/,
  ],
  ['node:\n  zebra: 3\n', /my\.yaml:2: there is no key "node\.zebra"$/],
  [
    'node:\n  slots: many\n',
    /my\.yaml:2: "node\.slots" has to be a whole number from 0 to 1024, not "many"/,
  ],
  ['node:\n  slots: 1025\n', /my\.yaml:2: .*not 1025/],
  ['node:\n  slots: -1\n', /my\.yaml:2/],
  ['node:\n  slots: 1.5\n', /my\.yaml:2/],
  ['node:\n  log: xml\n', /my\.yaml:2: "node\.log" has to be text or json/],
  ['node:\n  name: Not A Name\n', /my\.yaml:2: "node\.name"/],
  ['node:\n  labels: 3\n', /my\.yaml:2: "node\.labels"/],
  ['node:\n  labels: ["a b"]\n', /my\.yaml:2: "node\.labels"/],
  ['node:\n  console: 8080\n', /my\.yaml:2: "node\.console" has to be host:port/],
  ['node:\n  admin: 0.0.0.0:8081\n', /my\.yaml:2: .*loopback/],
  ['node:\n  admin: "localhost:65536"\n', /my\.yaml:2: "node\.admin" has to be host:port/],
  ['node:\n  data: [a]\n', /my\.yaml:2: "node\.data" has to be a path/],
  ['node: 3\n', /my\.yaml:1: node has to be keys and values/],
  ['node:\n  slots: 1\n  slots: 2\n', /my\.yaml:3: Map keys must be unique/],
  ['node:\n\tslots: 1\n', /my\.yaml:2: /],
  ['node:\n  slots: &a 1\n  drainMs: *a\n', /my\.yaml:3: write the value out/],
  [
    'node:\n  console: 127.0.0.1:7\n  admin: 127.0.0.1:7\n',
    /console and admin are both 127\.0\.0\.1:7/,
  ],
  ['node:\n  adminLimits:\n    keepaliveTimeoutMs: 10000\n', /has to be below keepaliveIntervalMs/],
  ['node:\n  disk:\n    takeFreePercent: 20\n', /warnFree has to be at least takeFree/],
  ['node:\n  disk:\n    takeFreeBytes: 1000\n', /takeFree at least writeFree/],
]

t.test('a wrong file is refused with its line, and with the closest right key', async (t) => {
  for (const [text, says] of REFUSALS) t.match(refusal([], text), says, JSON.stringify(text))
})

const FLAG_REFUSALS: readonly [argv: readonly string[], says: RegExp][] = [
  [['--slot', '3'], /no flag "--slot"; did you mean "--slots"\?/],
  [['--slots'], /--slots needs a value/],
  [['--slots='], /--slots needs a value/],
  [['--slots', 'x'], /--slots: .*whole number/],
  [['--admin', '10.0.0.1:8081'], /--admin: .*loopback/],
  [['start'], /"start" is no flag/],
  [['--join', '10.0.0.5:8082', '--token', 'x'], /--join is of no use yet: .* one machine/],
  [['--peer=127.0.0.1:0'], /--peer is of no use yet/],
  [['--discard'], /--discard is of no use yet/],
]

t.test('a wrong flag is refused with the closest right one', async (t) => {
  for (const [argv, says] of FLAG_REFUSALS) t.match(refusal(argv), says, argv.join(' '))
})

t.test('help and version need nothing else to be right', async (t) => {
  const files = { defaults, machine, read: () => '' }
  t.same(loadConfiguration(['--help'], files), { type: 'help' })
  t.same(loadConfiguration(['-h'], files), { type: 'help' })
  t.same(loadConfiguration(['--version'], files), { type: 'version' })
})

t.test('a file that is not there is named', async (t) => {
  const argv = ['--config', '/no/such.yaml']
  t.throws(
    () => loadConfiguration(argv, systemFiles()),
    /"\/no\/such\.yaml": there is no such file/,
  )
})

t.test(
  'every key is in the schema, set and explained in the reference file, and used',
  async (t) => {
    const found = new Map<string, string>()
    collect(parseDocument(defaults).contents as YAMLMap<Scalar, unknown>, '', found)
    t.same([...found.keys()].sort(), [...KEY_NAMES].sort())
    const folders = ['actors', 'node', 'runtime'].map((folder) => `${folder}/**/*.ts`)
    const sources = globSync(folders, { exclude: ['node/config/**'] })
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
    for (const name of KEY_NAMES) {
      const comment = found.get(name) ?? ''
      const key: Key = KEYS[name]
      t.ok(comment.length > 40, `${name} is explained`)
      if (key.kind === 'count') {
        for (const bound of [key.min, key.max]) {
          t.match(comment, bound.toLocaleString('en-US'), `the comment of ${name} says its range`)
        }
        if (/Ms$/.test(name)) t.match(comment, 'Unit: ms')
        if (/Days$/.test(name)) t.match(comment, 'Unit: days')
        if (/Bytes/.test(name)) t.match(comment, 'Unit: bytes')
      }
      if (key.flag !== undefined) {
        const flag = `--${name.slice(name.lastIndexOf('.') + 1)}`
        t.match(comment, `Flag: ${flag}`)
        t.match(usage(), `${flag} ${key.flag}`)
      }
      const last = name.slice(name.lastIndexOf('.') + 1)
      t.ok(new RegExp(`\\b${last}\\b`).test(sources), `${name} is used`)
    }
  },
)

/** The comment above each leaf, by its path. */
function collect(map: YAMLMap<Scalar, unknown>, prefix: string, found: Map<string, string>): void {
  map.items.forEach((pair: Pair<Scalar, unknown>, at) => {
    const path = `${prefix}${String(pair.key.value)}`
    const comment = pair.key.commentBefore ?? (at === 0 ? (map.commentBefore ?? '') : '')
    const value = pair.value as YAMLMap<Scalar, unknown> | null
    if (value && 'items' in value && value.items.length > 0) collect(value, `${path}.`, found)
    else found.set(path, comment.replaceAll(/\s+/g, ' '))
  })
}

t.test('the service unit that is shipped starts a node with flags that there are', async (t) => {
  const unit = readFileSync('scripts/deploy/architect.service', 'utf8')
  const [, flags = ''] = /^ExecStart=\S+\/architect (.*)$/m.exec(unit) ?? []
  t.match(loaded(flags.split(' ')), { data: '/var/lib/architect', log: 'json' })
})
