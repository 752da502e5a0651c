import t from 'tap'
import { press, SEQUENCE_MS } from '../../../console/page/browser/key-sequence.ts'
import { formatPath, matchPath } from '../../../console/page/browser/routes.ts'

const known = ['j', 'g o', 'g t', '?']
const at = (nowMs: number) => ({ known, nowMs })

t.test('press() knows single keys and sequences', async (t) => {
  t.same(press(undefined, 'j', at(0)), { done: 'j' })
  t.same(press(undefined, 'x', at(0)), {})
  const { begun } = press(undefined, 'g', at(0))
  t.same(begun, { keys: 'g', atMs: 0 })
  t.same(press(begun, 't', at(SEQUENCE_MS)), { done: 'g t' })
})

t.test(
  'press() forgets a first key after a while, and begins anew with a wrong second one',
  async (t) => {
    const begun = { keys: 'g', atMs: 0 }
    t.same(press(begun, 't', at(SEQUENCE_MS + 1)), {})
    t.same(press(begun, 'j', at(10)), { done: 'j' })
    t.same(press(begun, 'g', at(10)), { begun: { keys: 'g', atMs: 10 } })
  },
)

t.test('matchPath() takes the names out of a path', async (t) => {
  t.same(matchPath('/tasks/:id', '/tasks/t07-A'), { id: 't07-A' })
  t.same(matchPath('/tasks', '/tasks/'), {})
  t.same(matchPath('/', '/'), {})
  t.equal(matchPath('/tasks/:id', '/tasks'), undefined)
  t.equal(matchPath('/tasks', '/nodes'), undefined)
  t.same(matchPath('/tasks/:id', '/tasks/%zz'), { id: '%zz' }, 'what is no escape stays as it is')
})

t.test('formatPath() leaves out what is not set', async (t) => {
  t.equal(formatPath('/tasks', { state: '', project: undefined }), '/tasks')
  t.equal(
    formatPath('/tasks', { state: 'failed,expired', label: 'a b' }),
    '/tasks?state=failed,expired&label=a+b',
  )
})
