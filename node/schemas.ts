import { KINDS } from '../actors/task/kinds.ts'
import { RECORDS } from '../actors/task/records.ts'
import { MAIL_KINDS } from '../runtime/shard/mail/kinds.ts'
import type { RecordSchema } from './admin/actions.ts'
import { FORMAT_RECORDS, type FormatRecord } from './store/format-records.ts'

/** Every durable record, with its version and its fields: the rows first, then what is beside them. */
export function schemas(): readonly RecordSchema[] {
  const rows = Object.values({ ...KINDS, ...MAIL_KINDS }).map((format): FormatRecord => {
    const { summary, fields } = RECORDS[format.kind] ?? { summary: '', fields: {} }
    return { format, summary, fields }
  })
  return [...rows, ...FORMAT_RECORDS].map(({ format: { kind, version }, summary, fields }) => {
    const properties = Object.fromEntries(
      Object.entries(fields).map(([name, description]) => [name, { description }]),
    )
    return { kind, version, summary, jsonSchema: JSON.stringify({ type: 'object', properties }) }
  })
}
