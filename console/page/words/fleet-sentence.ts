import type { FleetStatus } from '../../../actors/fleet.ts'
import { countOf, formatCount } from './amounts.ts'
import { countOfGroup } from './states.ts'

/** How the fleet is, as one would say it: what is heard by who cannot see the page. */
export function fleetSentence({ nodes, counts, health }: FleetStatus): string {
  const alive = nodes.filter(({ status }) => status === 'alive').length
  const parts = [
    alive === nodes.length
      ? `${countOf(alive, 'node')} alive`
      : `${formatCount(alive)} of ${countOf(nodes.length, 'node')} alive`,
    `${formatCount(countOfGroup(counts, 'running'))} running`,
    `${formatCount(countOfGroup(counts, 'waiting'))} waiting`,
  ]
  const asking = countOfGroup(counts, 'person')
  if (asking > 0) parts.push(`${formatCount(asking)} waiting for a person`)
  const wrong = health.filter(({ level }) => level === 'failing').length
  if (wrong > 0) parts.push(`${countOf(wrong, 'part')} failing`)
  return `${parts.join(', ')}.`
}
