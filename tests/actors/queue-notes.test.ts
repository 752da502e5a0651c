import t from 'tap'
import { queueNotes } from '../../actors/queue-notes.ts'
import { TASK_STATES, type TaskState } from '../../actors/task/task.ts'

const NONE = Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<TaskState, number>

t.test('queueNotes() counts what waits, and names what somebody should look at', async (t) => {
  t.same(queueNotes(NONE, []), [{ component: 'queue', level: 'ok', message: 'tasks that wait: 0' }])
  const counts = { ...NONE, available: 1, scheduled: 2, suspended: 3, waiting_human: 4 }
  t.match(queueNotes({ ...counts, discarded: 5 }, ['web']), [
    { level: 'ok', message: 'tasks that wait: 6' },
    { level: 'info', message: 'tasks that wait for a person: 4', fix: /waiting_human/ },
    { level: 'info', message: 'tasks that have used up their retries: 5', fix: /discarded/ },
    { level: 'warning', message: /^"web" takes no more tasks: 100000 wait/ },
  ])
})
