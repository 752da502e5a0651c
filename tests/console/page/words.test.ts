import t from 'tap'
import { TASK_STATES } from '../../../actors/task/task.ts'
import { countOf, formatBytes, formatCount } from '../../../console/page/words/amounts.ts'
import {
  formatCommandLine,
  formatTitle,
  oneLine,
  parseLabels,
} from '../../../console/page/words/command-line.ts'
import { fleetSentence } from '../../../console/page/words/fleet-sentence.ts'
import { formatAge, formatRunning, formatSpan } from '../../../console/page/words/spans.ts'
import {
  countOfGroup,
  GROUP_NAMES,
  groupOf,
  parseStates,
  statesOf,
  unwellCount,
  type Counts,
} from '../../../console/page/words/states.ts'

t.test('formatSpan() tells the two largest units', async (t) => {
  for (const [ms, text] of [
    [-5, '0.0s'],
    [950, '0.9s'],
    [9_999, '9.9s'],
    [10_000, '10s'],
    [61_000, '1m 1s'],
    [3_600_000, '1h'],
    [3_605_000, '1h'],
    [90_061_000, '1d 1h'],
  ] as const) {
    t.equal(formatSpan(ms), text)
  }
})

t.test('formatRunning() tells whole seconds', async (t) => {
  for (const [ms, text] of [
    [-1, '0s'],
    [7_999, '7s'],
    [61_999, '1m 1s'],
  ] as const) {
    t.equal(formatRunning(ms), text)
  }
})

t.test('formatAge() tells one unit', async (t) => {
  for (const [ms, text] of [
    [-1_000, 'now'],
    [999, 'now'],
    [59_999, '59s'],
    [60_000, '1m'],
    [86_400_000 * 40, '40d'],
  ] as const) {
    t.equal(formatAge(ms), text)
  }
})

t.test('formatBytes() and formatCount() keep to three digits and to commas', async (t) => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_536, '1.5 KiB'],
    [10 * 1_024, '10 KiB'],
    [1_024 ** 4, '1.0 TiB'],
  ] as const) {
    t.equal(formatBytes(bytes), text)
  }
  t.equal(formatCount(1_234_567), '1,234,567')
  t.same([countOf(1, 'task'), countOf(2_000, 'task')], ['1 task', '2,000 tasks'])
  t.same(
    [1, 2].map((count) => countOf(count, 'copy', 'copies')),
    ['1 copy', '2 copies'],
  )
})

t.test('formatCommandLine() writes what would be typed', async (t) => {
  t.equal(formatCommandLine(['sh', '-c', 'a | b']), 'a | b')
  t.equal(formatCommandLine(['echo', 'it is', "it's"]), `echo 'it is' 'it'\\''s'`)
  t.equal(formatCommandLine([]), '')
})

t.test('oneLine() leaves nothing that moves, hides or turns text around', async (t) => {
  t.equal(oneLine(' a\u001B[31m\r\nb\u202Ec\u200B '), 'a [31m b c')
})

t.test('formatTitle() tells the script, not who reads it', async (t) => {
  t.equal(formatTitle({ title: 'sh -c echo\n hi', id: 't07-A' }), 'echo hi')
  t.equal(formatTitle({ title: 'npm test', id: 't07-A' }), 'npm test')
  t.equal(formatTitle({ title: "sh -c 'echo hi'", id: 't07-A' }), "sh -c 'echo hi'")
  t.equal(formatTitle({ title: ' \n', id: 't07-A' }), 't07-A')
})

t.test('parseLabels() takes commas and spaces, and each label once', async (t) => {
  t.same(parseLabels(' a, b  c,,a '), ['a', 'b', 'c'])
  t.same(parseLabels(''), [])
})

const counts = Object.fromEntries(TASK_STATES.map((state, at) => [state, 10 ** at])) as Counts

t.test('every state is in one group', async (t) => {
  t.same(GROUP_NAMES.flatMap(statesOf).toSorted(), [...TASK_STATES].toSorted())
  for (const state of TASK_STATES) t.ok(statesOf(groupOf(state)).includes(state))
  t.equal(countOfGroup(counts, 'waiting'), 111)
  t.equal(unwellCount(counts), 11_110_000_000)
})

t.test('parseStates() leaves out what is no state', async (t) => {
  t.same(parseStates('failed,nonsense,available'), ['available', 'failed'])
  t.same(parseStates(''), [])
})

t.test('fleetSentence() says what is wrong, and nothing of what is not', async (t) => {
  const none = Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Counts
  const node = { node: 'one', status: 'alive' } as const
  const fleet = { nodes: [node], counts: none, health: [] } as unknown as Parameters<
    typeof fleetSentence
  >[0]
  t.equal(fleetSentence(fleet), '1 node alive, 0 running, 0 waiting.')
  t.equal(
    fleetSentence({
      ...fleet,
      nodes: [...fleet.nodes, ...fleet.nodes.map((each) => ({ ...each, status: 'dead' as const }))],
      counts: { ...none, executing: 3, waiting_human: 1 },
      health: [{ component: 'disk', level: 'failing', message: 'full' }],
    }),
    '1 of 2 nodes alive, 3 running, 0 waiting, 1 waiting for a person, 1 part failing.',
  )
})
