import { TASK_STATES } from '../../../actors/task/task.ts'
import type { FleetStatus, HealthNote } from '../../../actors/fleet.ts'
import { connected, type Command } from '../command.ts'
import { formatDuration } from '../duration.ts'
import { EXIT } from '../exit.ts'
import { formatBytes, jsonLine, plain, table } from '../print.ts'
import type { Style, Terminal } from '../terminal.ts'

export const status: Command = {
  name: 'status',
  summary: 'how the fleet is: nodes, tasks, copies, and what would fix what is wrong',
  examples: ['gaia status', 'gaia status --json | jq .counts'],
  notes: 'Ends with 1 when something fails, else with 0.',

  async run(_given, context) {
    const fleet = await connected(context, (client) => client.call('GetStatus', {}))
    const { terminal } = context
    await terminal.out(context.json ? jsonLine(fleet) : textOf(fleet, terminal))
    return fleet.health.some(({ level }) => level === 'failing') ? EXIT.failed : EXIT.ok
  },
}

const LEVEL_STYLES = {
  ok: 'green',
  info: 'cyan',
  warning: 'yellow',
  failing: 'red',
} as const satisfies Record<HealthNote['level'], Style>

function textOf(fleet: FleetStatus, terminal: Terminal): string {
  const { shards, addresses, counts } = fleet
  const live = TASK_STATES.filter((state) => counts[state] > 0)
  const facts = [
    ['node', `${fleet.node}, up ${formatDuration(fleet.upMs)}, version ${fleet.version}`],
    ['cluster', `${fleet.clusterId}, store ${fleet.storeId}, boot ${fleet.boot}`],
    ['doors', `console ${addresses.console}, admin ${addresses.admin}`],
    ['shards', `${shards.active} of ${shards.total} active, copies of each: ${shards.copies}`],
    ['tasks', live.map((state) => `${counts[state]} ${state}`).join(', ') || 'none'],
  ]
  const notes = fleet.health.map(({ level, component, message, fix }) => {
    const line = `${terminal.paint(LEVEL_STYLES[level], level.padEnd(8))}  ${component}: ${message}`
    return `${line}${fix === undefined ? '' : `; to fix it: ${fix}`}\n`
  })
  return `${table(facts)}\n${table([NODE_HEAD, ...fleet.nodes.map(nodeRow)])}\n${notes.join('')}`
}

const NODE_HEAD = ['NODE', 'STATUS', 'BUSY', 'CPU', 'MEMORY', 'DISK FREE', 'LAG', 'LABELS']

function nodeRow(node: FleetStatus['nodes'][number]): readonly string[] {
  return [
    plain(node.node),
    node.status,
    `${node.busy} of ${node.slots}`,
    `${node.cpuPercent.toFixed(0)} %`,
    `${formatBytes(node.memoryBytes)} of ${formatBytes(node.memoryTotalBytes)}`,
    formatBytes(node.diskFreeBytes),
    `${node.loopLagMs.toFixed(1)} ms`,
    node.labels.join(' ') || '-',
  ]
}
