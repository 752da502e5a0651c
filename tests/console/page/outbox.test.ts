import t from 'tap'
import {
  answered,
  lost,
  posted,
  REPEAT_MS,
  sendDue,
  type Outbox,
} from '../../../console/page/live/outbox.ts'

const CANCEL = { op: 'cancel', task: 't07-A' } as const
const EMPTY: Outbox = new Map()

const sent = (nowMs = 0): Outbox => sendDue(posted(EMPTY, 'k', CANCEL, nowMs), true, nowMs).outbox

t.test('sendDue() sends a command once, and holds it while nobody is there', async (t) => {
  const waiting = posted(EMPTY, 'k', CANCEL, 0)
  t.same(sendDue(waiting, false, 10).send, [])
  const { send, outbox } = sendDue(waiting, true, 10)
  t.same(send, [{ t: 'cmd', id: 'k', idem: 'k', try: 1, cmd: CANCEL }])
  t.same(sendDue(outbox, true, 5_000).send, [], 'it is on its way')
})

t.test(
  'a command that was on its way when the connection broke is sent again, as another try',
  async (t) => {
    const { send } = sendDue(lost(sent(), 1_000), true, 1_200)
    t.match(send, [{ idem: 'k', try: 2 }])
  },
)

t.test('answered() settles it, well or refused, and only once', async (t) => {
  const done = answered(sent(), 'k', { ok: { id: 't07-A' } }, 10)
  t.same(done.settled, [{ idem: 'k', answer: { type: 'done', ok: { id: 't07-A' } } }])
  t.same(answered(done.outbox, 'k', {}, 20).settled, [], 'an answer to the try before')
  const problem = { code: 'NOT_FOUND', message: 'no such task' }
  t.match(answered(sent(), 'k', { err: problem }, 10).settled, [
    { answer: { type: 'refused', problem } },
  ])
})

t.test('answered() asks again under the same key when the outcome is unknown', async (t) => {
  const err = { code: 'UNAVAILABLE', message: 'unknown', retryMs: 400 }
  const { settled, outbox } = answered(sent(), 'k', { err }, 100)
  t.same(settled, [])
  t.same(sendDue(outbox, true, 499).send, [])
  t.match(sendDue(outbox, true, 500).send, [{ idem: 'k', try: 2 }])
})

t.test(
  'sendDue() says that the outcome is unknown when nobody has answered for 30 s',
  async (t) => {
    t.same(sendDue(sent(), true, REPEAT_MS - 1).settled, [])
    const given = sendDue(sent(), true, REPEAT_MS)
    t.same(given.settled, [{ idem: 'k', answer: { type: 'unknown' } }])
    t.equal(given.outbox.size, 0)
  },
)
