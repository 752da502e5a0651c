import { KINDS } from '../actors/task/kinds.ts'
import { RECORDS } from '../actors/task/records.ts'
import { assert } from '../runtime/errors.ts'
import { MAIL_KINDS } from '../runtime/shard/mail/kinds.ts'
import { jsonSchemaOf } from '../runtime/storage/record.ts'
import type { RecordSchema } from './admin/actions.ts'
import { FORMAT_RECORDS, type FormatRecord } from './store/format-records.ts'

/** Every sort of record in the store: the rows first, then what is beside them. */
export function records(): readonly FormatRecord[] {
  const rows = Object.values({ ...KINDS, ...MAIL_KINDS }).map((format): FormatRecord => {
    const record = RECORDS[format.kind]
    assert(record, `the record "${format.kind}" is described`)
    return { format, ...record }
  })
  return [...rows, ...FORMAT_RECORDS]
}

/** The same with a JSON Schema each, as `gaia admin schema` shows them. */
export function schemas(): readonly RecordSchema[] {
  return records().map(({ format: { kind, version }, summary, schema }) => {
    return { kind, version, summary, jsonSchema: jsonSchemaOf(schema) }
  })
}
