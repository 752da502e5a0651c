import { RuntimeError } from '../../../runtime/errors.ts'
import { TASK_STATES, type TaskState } from '../../../actors/task/task.ts'

/**
 * The requests of `proto/admin.proto` as protobuf hands them over: the types of the fields are
 * right, every field may be missing, and nothing else is known of them.
 */
export interface SubmitMessage {
  readonly request?: number
  readonly project?: string
  readonly specs?: readonly object[]
  readonly key?: string
  readonly try?: number
  readonly ids?: readonly string[]
}

export interface ListMessage {
  readonly project?: string
  readonly states?: readonly string[]
  readonly label?: string
  readonly limit?: number
  readonly cursor?: string
}

export interface WatchMessage {
  readonly ids?: readonly string[]
  readonly project?: string
}

export interface OutputMessage {
  readonly id?: string
  readonly attempt?: number
  readonly fromOffset?: number
  readonly follow?: boolean
}

export interface ActMessage {
  readonly action?: string
  readonly id?: string
  readonly priority?: number
}

export interface BulkMessage {
  readonly action?: string
  readonly project?: string
  readonly states?: readonly string[]
  readonly label?: string
}

export interface TokenMessage {
  readonly name?: string
  readonly role?: string
  readonly user?: string
  readonly team?: string
  readonly project?: string
  readonly validMs?: number
}

export function invalid(field: string, message: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', message, { details: { field } })
}

/** `value`, which has to be there and be one of `choices`. */
export function choice<Choice extends string>(
  field: string,
  value: string | undefined,
  choices: readonly Choice[],
): Choice {
  const chosen = choices.find((each) => each === value)
  if (chosen !== undefined) return chosen
  throw invalid(
    field,
    `Cannot use the ${field} "${value ?? ''}": it is none of ${choices.join(', ')}`,
  )
}

/** `value`, which has to be there. */
export function present(field: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value
  throw invalid(field, `Cannot answer: the ${field} is missing`)
}

/** A whole number in [min, max]; `otherwise` when it is missing. */
export function count(
  field: string,
  value: number | undefined,
  range: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const given = value ?? range.otherwise
  if (Number.isInteger(given) && given >= range.min && given <= range.max) return given
  throw invalid(field, `Cannot use the ${field} ${given}: it is not ${range.min} to ${range.max}`)
}

/** The hash of a receipt, all of it. */
export function receiptHash(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash
  throw invalid('hash', `Cannot verify the hash "${hash}": it is not 64 hexadecimal digits`)
}

export function states(given: readonly string[] = []): { readonly states?: readonly TaskState[] } {
  if (given.length === 0) return {}
  return { states: given.map((state) => choice('state', state, TASK_STATES)) }
}

/** The fields that are there and not empty, for optional properties. */
export function given<Key extends string>(
  fields: Readonly<Record<Key, string | undefined>>,
): { readonly [K in Key]?: string } {
  const found: { [K in Key]?: string } = {}
  for (const key in fields)
    if (fields[key] !== undefined && fields[key] !== '') found[key] = fields[key]
  return found
}
