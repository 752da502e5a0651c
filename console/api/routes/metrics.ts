import type { FleetStatus } from '../../../actors/fleet.ts'
import type { ActorFigures, ActorMetrics } from '../../../runtime/actor/metrics.ts'
import { exposed, type Family, histogramValues } from '../exposition.ts'
import { type Measures, route } from '../route.ts'

export const metrics = route({
  method: 'GET',
  path: '/metrics',
  role: 'viewer',
  summary: 'Counters, gauges and histograms, in the text format of Prometheus',
  example: { status: 200, contentType: 'text/plain; version=0.0.4' },
  async answer(_call, { fleet, actors, measures, figures }) {
    const own = `${taskFigures(measures)}${actorFigures(actors)}${figures()}`
    const text = `${fleetFigures(await fleet.status())}${own}`
    return { type: 'text', contentType: 'text/plain; version=0.0.4; charset=utf-8', text }
  },
})

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
      'What health says that is more than ok, by level.',
      ['info', 'warning', 'failing'].map((level) => [`level="${level}"`, notes(level)]),
    ),
  ])
}

/** Since the start of the program, in shards that it led. */
function taskFigures({ tasks, commits }: Measures): string {
  const { submittedCount, startedCount, retriedCount, ended, acknowledged, waited } = tasks
  const counter = (name: string, help: string, values: Family['values']): Family => ({
    ...{ name: `architect_tasks_${name}_total`, help, values },
    type: 'counter',
  })
  const seconds = (name: string, help: string, values: Family['values']): Family => ({
    ...{ name: `architect_${name}_seconds`, help, values },
    type: 'histogram',
  })
  return exposed([
    counter('submitted', 'Tasks that were submitted.', [['', submittedCount]]),
    counter('started', 'Attempts that were started.', [['', startedCount]]),
    counter('retried', 'Retries that were used.', [['', retriedCount]]),
    counter(
      'ended',
      'Tasks that ended, by how.',
      [...ended].map(([state, count]) => [`state="${state}"`, count]),
    ),
    seconds(
      'submit_acknowledged',
      'From a submit to its acknowledgement.',
      histogramValues('', acknowledged),
    ),
    seconds(
      'task_wait',
      'From when a task first waited for a slot to its first start.',
      histogramValues('', waited),
    ),
    seconds(
      'store_commit',
      'A write with its fsync, by database.',
      Object.entries(commits()).flatMap(([name, each]) => histogramValues(`store="${name}"`, each)),
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
