import { z } from 'zod'
import { type Answer, json, type Route, route } from '../route.ts'
import { STATUS } from '../samples.ts'
import { healthNote, status } from '../shapes.ts'

/** How the node is: for machines that only want to know whether, and for those who want to know what. */

const alive = z.object({ status: z.enum(['ok', 'draining']) })

function probe(path: string, summary: string, fails: boolean): Route {
  return route({
    method: 'GET',
    path,
    role: 'anyone',
    summary,
    example: { status: 200, schema: alive, value: { status: 'ok' } },
    answer(_call, { draining }): Answer {
      const drains = draining()
      return json({ status: drains ? 'draining' : 'ok' }, drains && fails ? 503 : 200)
    },
  })
}

export const probes: readonly Route[] = [
  probe('/livez', 'The program answers; never depends on anything else', false),
  probe('/readyz', 'Takes work; 503 once it is about to stop', true),
  probe('/health', 'Takes work; 503 once it is about to stop', true),
]

export const health = route({
  method: 'GET',
  path: '/api/health',
  role: 'viewer',
  summary: 'What is as it should be, what is not, and what would fix it',
  example: {
    status: 200,
    schema: z.object({
      status: z.enum(['ok', 'warning', 'failing', 'draining']),
      served: z.enum(['uws', 'node']).describe('what serves HTTP here'),
      notes: z.array(healthNote),
    }),
    value: { status: 'ok', served: 'uws', notes: STATUS.health },
  },
  async answer(_call, { fleet, served, draining }) {
    const { health: notes } = await fleet.status()
    const levels = new Set(notes.map(({ level }) => level))
    const worst = levels.has('failing') ? 'failing' : levels.has('warning') ? 'warning' : 'ok'
    return json({ status: draining() ? 'draining' : worst, served, notes })
  },
})

export const fleetStatus = route({
  method: 'GET',
  path: '/api/status',
  role: 'viewer',
  summary: 'The nodes, how busy they are, and how many tasks are in which state',
  example: { status: 200, schema: status, value: STATUS },
  answer: async (_call, { fleet }) => json(await fleet.status()),
})
