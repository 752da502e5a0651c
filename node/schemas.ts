import { KINDS } from '../actors/task/kinds.ts'
import { RECORDS } from '../actors/task/records.ts'
import type { RecordSchema } from './admin/actions.ts'

/** Every durable record, with its version and its fields. */
export function schemas(): readonly RecordSchema[] {
  return Object.values(KINDS).map(({ kind, version }) => {
    const { summary, fields } = RECORDS[kind] ?? { summary: '', fields: {} }
    const properties = Object.fromEntries(
      Object.entries(fields).map(([name, description]) => [name, { description }]),
    )
    return { kind, version, summary, jsonSchema: JSON.stringify({ type: 'object', properties }) }
  })
}
