import { z } from 'zod'
import { parseProject } from '../../../actors/task/parse-spec.ts'
import type { ActRequest } from '../../../actors/fleet.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { json, type Route, route } from '../route.ts'
import { TASK } from '../samples.ts'
import { state, task } from '../shapes.ts'

/** What changes tasks that are there. */
const SUMMARIES = {
  cancel: 'End a task, wherever it is in its life',
  pause: 'Do not start a task until it is resumed',
  resume: 'Let a paused task go on',
  retry: 'Run an ended task again, as a new one; or one that waits for a person',
} as const

const EXAMPLE = { status: 200, schema: task, value: TASK }

export const actOnTask: readonly Route[] = Object.entries(SUMMARIES).map(([action, summary]) =>
  route({
    method: 'POST',
    path: `/api/tasks/{id}/${action}`,
    role: 'operator',
    summary,
    example: EXAMPLE,
    async answer({ params: { id = '' }, principal }, { fleet }) {
      const request = { action: action as keyof typeof SUMMARIES, id, by: principal.name }
      return json(await fleet.act(request))
    },
  }),
)

export const prioritizeTask = route({
  method: 'POST',
  path: '/api/tasks/{id}/prioritize',
  role: 'operator',
  summary: 'Change the priority of a task that waits',
  body: z.strictObject({ priority: z.number().int().min(0).max(10).describe('10 first') }),
  example: { ...EXAMPLE, body: { priority: 9 } },
  async answer({ params: { id = '' }, body: { priority }, principal }, { fleet }) {
    const request: ActRequest = { action: 'prioritize', id, priority, by: principal.name }
    return json(await fleet.act(request))
  },
})

export const bulkAction = route({
  method: 'POST',
  path: '/api/tasks/bulk',
  role: 'operator',
  summary: 'One action for every task that matches; may be asked again until nothing changes',
  body: z.strictObject({
    action: z.enum(['cancel', 'pause', 'resume', 'retry']),
    project: z.string().optional(),
    states: z.array(state).optional(),
    label: z.string().optional(),
    all: z.boolean().optional().describe('true: without any of the filters, every task there is'),
  }),
  example: {
    body: { action: 'cancel', label: 'nightly' },
    status: 200,
    schema: z.object({ changed: z.number().int() }),
    value: { changed: 12 },
  },
  async answer({ body: { action, project, states, label, all = false }, principal }, { fleet }) {
    const filter = {
      ...(project !== undefined && { project: parseProject(project) }),
      ...(states && { states }),
      ...(label !== undefined && { label }),
    }
    if (Object.keys(filter).length === 0 && !all) throw tooMuch(action)
    const { changed } = await fleet.bulk({ action, filter, by: principal.name }, () => undefined)
    return json({ changed })
  },
})

export const pauseProject: readonly Route[] = (['pause', 'resume'] as const).map((action) =>
  route({
    method: 'POST',
    path: `/api/projects/{project}/${action}`,
    role: 'operator',
    summary:
      action === 'pause' ? 'Start no more tasks of a project' : 'Start tasks of a project again',
    example: {
      status: 200,
      schema: z.object({ project: z.string(), paused: z.boolean() }),
      value: { project: 'default', paused: action === 'pause' },
    },
    async answer({ params, principal }, { fleet }) {
      const project = parseProject(params['project'])
      await fleet.pauseProject(project, action === 'pause', principal.name)
      return json({ project, paused: action === 'pause' })
    },
  }),
)

function tooMuch(action: string): RuntimeError {
  const message = `Cannot ${action} every task of the fleet: say "all": true if you mean it`
  return new RuntimeError('INVALID_ARGUMENT', message, { details: { field: 'all' } })
}
