import { exposed } from './api/exposition.ts'
import type { Gate } from './gate/gate.ts'
import type { Live } from './live/live.ts'

export interface Figured {
  readonly gate: Gate
  readonly live: Live
  /** Breaches of the page's policy that browsers reported. */
  readonly breaches: number
}

/** What the console counts of itself, for `/metrics`. */
export function consoleFigures({ gate, live, breaches }: Figured): string {
  const gauge = 'gauge' as const
  const counter = 'counter' as const
  return exposed([
    {
      name: 'architect_ws_clients',
      type: gauge,
      help: 'Pages that are connected.',
      values: [['', live.connectionCount]],
    },
    {
      name: 'architect_ws_views',
      type: gauge,
      help: 'Views that they look through, shared ones once.',
      values: [['', live.viewCount]],
    },
    {
      name: 'architect_http_in_flight',
      type: gauge,
      help: 'Requests that are not answered yet.',
      values: [['', gate.inFlight]],
    },
    {
      name: 'architect_http_refused_total',
      type: counter,
      help: 'Requests that the gate refused, by the step that did.',
      values: [...gate.refused].map(([step, count]) => [`step="${step}"`, count]),
    },
    {
      name: 'architect_csp_reports_total',
      type: counter,
      help: 'Breaches of the policy of the page that browsers reported.',
      values: [['', breaches]],
    },
  ])
}
