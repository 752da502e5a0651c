import { z } from 'zod'

/** What a stored record holds: for `gaia admin schema`, and for the test that compares it with samples. */
export interface StoredRecord {
  readonly summary: string
  readonly schema: z.ZodType
}

export const count = z.int().min(0)
export const moment = z.int().describe('wall clock, ms since 1970')
/** In JSON base64; in the store the bytes. */
export const bytes = z.instanceof(Uint8Array).meta({ type: 'string', contentEncoding: 'base64' })

/** JSON Schema, as one line. */
export function jsonSchemaOf(schema: z.ZodType): string {
  return JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' }))
}
