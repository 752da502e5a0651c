import { z } from 'zod'
import { json, route } from '../route.ts'
import { COUNTS, SUMMARY, TASK } from '../samples.ts'
import { explanation, state, task, taskPage } from '../shapes.ts'

/** Tasks, looked at. */
export const listTasks = route({
  method: 'GET',
  path: '/api/tasks',
  role: 'viewer',
  summary: 'Tasks, newest change first',
  query: z.strictObject({
    project: z.string().optional(),
    state: z
      .string()
      .transform((states) => states.split(','))
      .pipe(z.array(state))
      .optional()
      .describe('one or more, separated by commas'),
    label: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: z.string().optional().describe('from the page before'),
  }),
  example: {
    status: 200,
    schema: taskPage,
    value: { tasks: [SUMMARY], counts: COUNTS, missing: [] },
  },
  async answer({ query: { project, state: states, label, limit, cursor } }, { fleet }) {
    const page = await fleet.list({
      limit,
      ...(project !== undefined && { project }),
      ...(states && { states }),
      ...(label !== undefined && { label }),
      ...(cursor !== undefined && { cursor }),
    })
    return json(page)
  },
})

export const showTask = route({
  method: 'GET',
  path: '/api/tasks/{id}',
  role: 'viewer',
  summary: 'One task, with its spec and its newest attempts',
  example: { status: 200, schema: task, value: TASK },
  async answer({ params: { id = '' } }, { fleet }) {
    return json(await fleet.task(id))
  },
})

export const explainTask = route({
  method: 'GET',
  path: '/api/tasks/{id}/explain',
  role: 'viewer',
  summary: 'Why a task waits, or what became of it',
  example: {
    status: 200,
    schema: explanation,
    value: {
      task: TASK,
      why: 'waiting: 3 ahead of it in project "default", 4 of 4 slots busy',
      considered: [{ node: 'one', fits: true, why: 'is busy' }],
      ahead: 3,
    },
  },
  async answer({ params: { id = '' } }, { fleet }) {
    return json(await fleet.explain(id))
  },
})
