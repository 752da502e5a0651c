import type { FleetStatus } from '../../../actors/fleet.ts'
import type { ActorFigures, ActorMetrics } from '../../../runtime/actor/metrics.ts'
import { route } from '../route.ts'

export const metrics = route({
  method: 'GET',
  path: '/metrics',
  role: 'viewer',
  summary: 'Counters and gauges, in the text format of Prometheus',
  example: { status: 200, contentType: 'text/plain; version=0.0.4' },
  async answer(_call, { fleet, actors, figures }) {
    const text = `${fleetFigures(await fleet.status())}${actorFigures(actors)}${figures()}`
    return { type: 'text', contentType: 'text/plain; version=0.0.4; charset=utf-8', text }
  },
})

interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** By labels, as `state="failed"`; empty: none. */
  readonly values: readonly (readonly [labels: string, value: number])[]
}

/** In the exposition format 0.0.4. */
export function exposed(families: readonly Family[]): string {
  return families.map(family).join('')
}

function family({ name, type, help, values }: Family): string {
  const lines = values.map(([labels, value]) => `${name}${labels && `{${labels}}`} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function fleetFigures({ counts, nodes, shards, upMs, health }: FleetStatus): string {
  const perNode = (value: (node: FleetStatus['nodes'][number]) => number): Family['values'] =>
    nodes.map((node) => [`node="${node.node}"`, value(node)])
  const gauge = (name: string, help: string, values: Family['values']): Family => ({
    ...{ name: `architect_${name}`, help, values },
    type: 'gauge',
  })
  const notes = (level: string): number => health.filter((note) => note.level === level).length
  return exposed([
    gauge(
      'tasks',
      'Tasks by state.',
      Object.entries(counts).map(([state, count]) => [`state="${state}"`, count]),
    ),
    gauge(
      'slots',
      'Tasks that may run at a time.',
      perNode(({ slots }) => slots),
    ),
    gauge(
      'slots_busy',
      'Tasks that run.',
      perNode(({ busy }) => busy),
    ),
    gauge(
      'cpu_ratio',
      'Use of the processors.',
      perNode((node) => node.cpuPercent / 100),
    ),
    gauge(
      'memory_used_bytes',
      'Memory in use.',
      perNode((node) => node.memoryBytes),
    ),
    gauge(
      'disk_free_bytes',
      'Free disk.',
      perNode((node) => node.diskFreeBytes),
    ),
    gauge(
      'loop_lag_seconds',
      'Delay of the event loop, 99th percentile.',
      perNode((node) => node.loopLagMs / 1_000),
    ),
    gauge('shards_active', 'Shards that serve.', [['', shards.active]]),
    gauge('shards', 'Shards.', [['', shards.total]]),
    gauge('up_seconds', 'Since the start of the program.', [['', upMs / 1_000]]),
    gauge(
      'health_notes',
      'Things that are not as they should be.',
      ['warning', 'failing'].map((level) => [`level="${level}"`, notes(level)]),
    ),
  ])
}

/** Without children: one for each attempt, they would be names without end. */
function actorFigures(actors: ActorFigures): string {
  const lasting = [...actors.metrics()].filter(({ id }) => !id.includes('/'))
  const perActor = (value: (actor: ActorMetrics) => number): Family['values'] =>
    lasting.map((actor) => [`actor="${actor.id}"`, value(actor)])
  const counter = (name: string, help: string, values: Family['values']): Family => ({
    ...{ name: `architect_${name}_total`, help, values },
    type: 'counter',
  })
  return exposed([
    counter(
      'actor_messages',
      'Messages that an actor took.',
      perActor(({ messages }) => messages),
    ),
    counter(
      'actor_failures',
      'Failures of an actor.',
      perActor(({ failures }) => failures),
    ),
    {
      name: 'architect_actor_waiting',
      type: 'gauge',
      help: 'Messages that wait for an actor.',
      values: perActor(({ waiting }) => waiting),
    },
    counter(
      'dead_letters',
      'Messages that no actor took, by reason.',
      Object.entries(actors.deadLetters.counts).map(([reason, count]) => [
        `reason="${reason}"`,
        count,
      ]),
    ),
  ])
}
