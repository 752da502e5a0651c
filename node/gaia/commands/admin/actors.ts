import type { ActorMetrics } from '../../../../runtime/actor/metrics.ts'
import { connected, type Command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import type { ActorsMessage } from '../../messages.ts'
import { formatMoment, jsonLine, table } from '../../print.ts'

export const adminActors: Command = {
  name: 'admin actors',
  summary: 'what the actors inside the node do, and what none of them took',
  examples: ['gaia admin actors', 'gaia admin actors --json | jq .deadLetters.counts'],
  notes:
    'MOST is the most that waited at once; MEAN is the time of a message, SLOWEST that of a turn.',

  async run(_given, { terminal, json, ...context }) {
    const found = await connected(context, (client) => client.call('ListActors', {}))
    await terminal.out(json ? jsonLine(found) : textOf(found))
    return EXIT.ok
  },
}

const HEAD = ['ACTOR', 'STATUS', 'MESSAGES', 'WAITING', 'MOST', 'REFUSED', 'EXPIRED']
const MORE = ['FAILURES', 'RESTARTS', 'MEAN', 'SLOWEST']

function textOf({ actors, deadLetters: { counts, recent } }: ActorsMessage): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0)
  const letters = some.map(([reason, count]) => `${count} ${reason}`).join(', ') || 'none'
  const newest = recent.map(({ atWallMs, to, type, reason }) => [
    formatMoment(atWallMs),
    ...[to, type, reason],
  ])
  return `${table([[...HEAD, ...MORE], ...actors.map(row)])}\ndead letters: ${letters}\n${table(newest)}`
}

function row(actor: ActorMetrics): readonly string[] {
  const { messages, waiting, waitingMax, refused, expired, failures, restarts } = actor
  const counts = [messages, waiting, waitingMax, refused, expired, failures, restarts].map(String)
  return [actor.id, actor.status, ...counts, time(actor.meanMs), time(actor.slowestMs)]
}

function time(ms: number | undefined): string {
  return ms === undefined ? '-' : `${ms.toFixed(3)} ms`
}
