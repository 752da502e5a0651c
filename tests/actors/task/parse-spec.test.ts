import t from 'tap'
import { SPEC_LIMITS } from '../../../actors/task/limits.ts'
import { parseProject, parseSpec } from '../../../actors/task/parse-spec.ts'
import { RuntimeError } from '../../../runtime/errors.ts'

const argv = ['true']

/** What is refused, the field that is named, and what is said of it. */
const REFUSED: readonly (readonly [input: object, said: string])[] = [
  [{}, 'argv: it has to be an array'],
  [{ argv: [] }, 'argv: it is empty'],
  [{ argv: [''] }, 'argv: its first word, the program, is empty'],
  [{ argv: ['tr\0ue'] }, 'argv.0: it has a zero byte'],
  [{ argv: Array.from({ length: 1_025 }, () => 'x') }, 'argv: it has more than 1024 entries'],
  [{ argv, kind: 'agent' }, 'kind: it has to be "shell"'],
  [{ argv, priority: 11 }, 'priority: it has to be at most 10'],
  [{ argv, priority: -1 }, 'priority: it has to be at least 0'],
  [{ argv, priority: 1.5 }, 'priority: it has to be an int'],
  [{ argv, title: 'x'.repeat(201) }, 'title: it has more than 200 characters'],
  [{ argv, workdir: 'here' }, 'workdir: it is not an absolute path'],
  [{ argv, workdir: '/\0' }, 'workdir: it has a zero byte'],
  [{ argv, env: { 'A=B': '' } }, 'env.A=B: a name has "=" or a zero byte'],
  [{ argv, env: { A: '\0' } }, 'env.A: it has a zero byte'],
  [{ argv, labels: [''] }, 'labels.0: it is empty'],
  [{ argv, after: ['t99-x'] }, 'after.0: it is no task id'],
  [{ argv, onLost: 'hope' }, 'onLost: it has to be "retry" or "ask"'],
  [{ argv, prioritty: 1 }, 'the task: the field "prioritty" is not known'],
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
  const { argvBytes, envBytes, metadataBytes } = SPEC_LIMITS
  const cases = [
    ['argv', argvBytes, (size: number) => ({ argv: ['x'.repeat(size - 1)] })],
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
    t.match(message, `${field} has ${limit + 1} bytes, the limit is ${limit}`)
    t.same(details, { field, bytes: limit + 1, limit })
  }
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
