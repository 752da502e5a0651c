import type { HistogramFigures } from '../../runtime/histogram.ts'

/** Figures of one name, for the text format of Prometheus 0.0.4. */
export interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  /** By labels, as `state="failed"`; empty: none. A histogram's have the end of their name, too. */
  readonly values: readonly (readonly [labels: string, value: number, end?: string])[]
}

export function exposed(families: readonly Family[]): string {
  return families.map(family).join('')
}

function family({ name, type, help, values }: Family): string {
  const lines = values.map(
    ([labels, value, end = '']) => `${name}${end}${labels && `{${labels}}`} ${value}\n`,
  )
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

/** In seconds, as Prometheus wants it. */
export function histogramValues(labels: string, figures: HistogramFigures): Family['values'] {
  const { count, sumMs } = figures
  const bucket = (bound: string): string => `${labels && `${labels},`}le="${bound}"`
  return [
    ...figures.upTo().map(([ms, each]) => [bucket(String(ms / 1_000)), each, '_bucket'] as const),
    [bucket('+Inf'), count, '_bucket'],
    [labels, sumMs / 1_000, '_sum'],
    [labels, count, '_count'],
  ]
}
