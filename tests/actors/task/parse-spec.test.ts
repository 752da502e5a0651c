import t from 'tap'
import { SPEC_LIMITS } from '../../../actors/task/limits.ts'
import { parseProject, parseSpec } from '../../../actors/task/parse-spec.ts'
import { RuntimeError } from '../../../runtime/errors.ts'

const argv = ['true']
const ID = 't07-00000000000000000000000001'
const DAY_MS = 86_400_000

/** What is refused, the field that is named, and what is said of it. */
const REFUSED: readonly (readonly [input: object, said: string])[] = [
  [{}, 'argv: it has to be a list'],
  [{ argv: [] }, 'argv: it is empty'],
  [{ argv: [''] }, 'argv: its first word, the program, is empty'],
  [{ argv: ['tr\0ue'] }, 'argv.0: it has a zero byte'],
  [{ argv: Array.from({ length: 1_025 }, () => 'x') }, 'argv: it has more than 1024 entries'],
  [{ argv, kind: 'agent' }, 'kind: it has to be "shell"'],
  [{ argv, priority: 11 }, 'priority: it has to be at most 10'],
  [{ argv, priority: -1 }, 'priority: it has to be at least 0'],
  [{ argv, priority: 1.5 }, 'priority: it has to be a whole number'],
  [{ argv, title: 'x'.repeat(201) }, 'title: it has more than 200 characters'],
  [{ argv, workdir: 'here' }, 'workdir: it is not an absolute path'],
  [{ argv, workdir: '/\0' }, 'workdir: it has a zero byte'],
  [{ argv, env: { 'A=B': '' } }, 'env.A=B: a name has "=" or a zero byte'],
  [{ argv, env: { A: '\0' } }, 'env.A: it has a zero byte'],
  [{ argv, labels: [''] }, 'labels.0: it is empty'],
  [{ argv, after: ['t99-x'] }, 'after.0: it is no task id'],
  [{ argv, onLost: 'hope' }, 'onLost: it has to be "retry" or "ask"'],
  [{ argv, prioritty: 1 }, 'the field "prioritty" is not known; did you mean "priority"?'],
  [
    { argv, retry: { onExits: true } },
    'retry: the field "onExits" is not known; did you mean "onExit"?',
  ],
  [{ argv, prio: 1 }, 'the field "prio" is not known; did you mean "priority"?'],
  [{ argv, wholly: 1 }, 'the field "wholly" is not known'],
  [{ argv, title: 'two\nlines' }, 'title: it has a control character'],
  [{ argv, labels: ['a b'] }, 'labels.0: it has a space or a control character'],
  [{ argv, requires: ['a\nb'] }, 'requires.0: it has a space or a control character'],
  [
    { argv, requires: Array.from({ length: 33 }, () => 'x') },
    'requires: it has more than 32 entries',
  ],
  [{ argv, labels: ['x'.repeat(101)] }, 'labels.0: it has more than 100 characters'],
  [{ argv, after: Array.from({ length: 101 }, () => ID) }, 'after: it has more than 100 entries'],
  [{ argv, unique: { key: '' } }, 'unique.key: it is empty'],
  [{ argv, unique: { key: 'x'.repeat(201) } }, 'unique.key: it has more than 200 characters'],
  [
    { argv, unique: { key: 'x', onConflict: 'x' } },
    'unique.onConflict: it has to be "ignore" or "replace" or "attach"',
  ],
  [{ argv, unique: { key: 'x', windowMs: -1 } }, 'unique.windowMs: it has to be at least 0'],
  [{ argv, concurrency: { key: 'a\nb' } }, 'concurrency.key: it has a control character'],
  [{ argv, concurrency: { key: 'a', max: 0 } }, 'concurrency.max: it has to be at least 1'],
  [{ argv, retry: { max: 101 } }, 'retry.max: it has to be at most 100'],
  [{ argv, retry: { factor: 0.5 } }, 'retry.factor: it has to be at least 1'],
  [{ argv, retry: { jitter: 1.1 } }, 'retry.jitter: it has to be at most 1'],
  [{ argv, timeouts: { totalMs: 0 } }, 'timeouts.totalMs: it has to be at least 1'],
  [
    { argv, timeouts: { startToCloseMs: 366 * DAY_MS } },
    'timeouts.startToCloseMs: it has to be at most 31536000000',
  ],
  [{ argv, terminal: { cols: 1_001 } }, 'terminal.cols: it has to be at most 1000'],
  [{ argv, outputBytesMax: 1_000 }, 'outputBytesMax: it has to be at least 65536'],
  [{ argv, outputBytesMax: 2 ** 31 }, 'outputBytesMax: it has to be at most 1073741824'],
  [{ argv, notBeforeMs: 5, expiresMs: 5 }, 'expiresMs: it has to be after notBeforeMs'],
  [{ argv, notBeforeMs: -1 }, 'notBeforeMs: it has to be at least 0'],
]

function refusalOf(parse: () => unknown): RuntimeError {
  try {
    parse()
  } catch (error) {
    if (error instanceof RuntimeError) return error
    throw error
  }
  throw new Error('it was taken')
}

t.test('parseSpec() names the field and what would be right', async (t) => {
  for (const [input, said] of REFUSED) {
    const { code, message } = refusalOf(() => parseSpec(input))
    t.equal(code, 'INVALID_ARGUMENT')
    t.equal(message, `Cannot take the task: ${said}`)
  }
})

t.test('parseSpec() names the limit that a command, its variables or notes pass', async (t) => {
  const { argvBytes, argumentBytes, envBytes, metadataBytes } = SPEC_LIMITS
  const cases = [
    [
      'argv',
      argvBytes,
      (size: number) => ({
        argv: ['x'.repeat(100_000), 'y'.repeat(100_000), 'z'.repeat(size - 200_003)],
      }),
    ],
    ['argv.1', argumentBytes, (size: number) => ({ argv: ['x', 'y'.repeat(size - 1)] })],
    ['env', envBytes, (size: number) => ({ argv, env: { A: 'x'.repeat(size - 3) } })],
    [
      'metadata',
      metadataBytes,
      (size: number) => ({ argv, metadata: { A: 'x'.repeat(size - 3) } }),
    ],
  ] as const
  for (const [field, limit, specOf] of cases) {
    t.ok(parseSpec(specOf(limit)), `${field} of ${limit} bytes`)
    const { message, details } = refusalOf(() => parseSpec(specOf(limit + 1)))
    t.match(message, `${field}: it has ${limit + 1} bytes, the limit is ${limit}`)
    t.same(details, { field, bytes: limit + 1, limit })
  }
})

t.test('parseSpec() fills in what is left out', async (t) => {
  t.same(parseSpec({ argv: ['sh', '-c', 'echo a\n\techo b\n'] }), {
    kind: 'shell',
    title: 'sh -c echo a echo b',
    argv: ['sh', '-c', 'echo a\n\techo b\n'],
    env: {},
    priority: 5,
    labels: [],
    requires: [],
    after: [],
    timeouts: { scheduleToStartMs: DAY_MS, startToCloseMs: 7_200_000, totalMs: 7 * DAY_MS },
    retry: { max: 3, onExit: false, baseMs: 15_000, factor: 2, capMs: 900_000, jitter: 0.1 },
    onLost: 'retry',
    metadata: {},
    terminal: { cols: 120, rows: 40 },
    outputBytesMax: 64 * 1024 * 1024,
  })
})

t.test('parseSpec() keeps what is given, and its own answer is taken again as it is', async (t) => {
  const given = {
    ...{ argv, title: 'Build', workdir: '/src', env: { CI: '1' }, priority: 10 },
    ...{ labels: ['nightly'], requires: ['gpu', 'zone=eu'], after: [ID] },
    ...{ notBeforeMs: 1, expiresMs: 2, onLost: 'ask', metadata: { 'a note': 'two\nlines' } },
    unique: { key: 'build', onConflict: 'attach', windowMs: 60_000 },
    concurrency: { key: 'build', max: 2 },
  }
  const spec = parseSpec(given)
  t.match(spec, given)
  t.same(parseSpec(spec), spec)
  t.equal(parseSpec({ argv: ['x'.repeat(300)] }).title.length, 200)
})

t.test('parseProject() takes names, and nothing that could be anything else', async (t) => {
  for (const name of ['default', 'a', 'A.b_c/d-1', 'x'.repeat(100)]) {
    t.equal(parseProject(name), name)
  }
  for (const name of ['', ' a', 'a b', '-a', 'a\n', 'ä', 'x'.repeat(101), 5, undefined, null]) {
    t.match(
      refusalOf(() => parseProject(name)),
      { details: { field: 'project' } },
    )
  }
})
