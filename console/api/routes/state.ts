import { z } from 'zod'
import { type Answer, json, type Route, route } from '../route.ts'
import { STATUS } from '../samples.ts'
import { healthNote, status } from '../shapes.ts'

/** How the node is: for machines that only want to know whether, and for those who want to know what. */

const alive = z.object({ status: z.literal('ok') })
const ready = z.object({ status: z.enum(['ok', 'unready']) })

/** Anyone may ask, and learns only whether: why not is in `/api/health`. */
function readiness(path: string): Route {
  return route({
    method: 'GET',
    path,
    role: 'anyone',
    summary: 'Takes tasks; 503 while it leads not all of its shards, cannot run any, or drains',
    example: { status: 200, schema: ready, value: { status: 'ok' } },
    answer(_call, { fleet, draining }): Answer {
      const unready = draining() || fleet.unready() !== undefined
      return unready ? json({ status: 'unready' }, 503) : OK
    },
  })
}

const OK = json({ status: 'ok' })

export const probes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/livez',
    role: 'anyone',
    summary: 'The program answers; never depends on anything else',
    example: { status: 200, schema: alive, value: { status: 'ok' } },
    answer: () => OK,
  }),
  readiness('/readyz'),
  readiness('/health'),
]

export const health = route({
  method: 'GET',
  path: '/api/health',
  role: 'viewer',
  summary: 'What is as it should be, what is not, and what would fix it',
  example: {
    status: 200,
    schema: z.object({
      status: z
        .enum(['ok', 'warning', 'failing', 'draining'])
        .describe('the worst of the notes; one of the level info counts as ok'),
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
