import { z } from 'zod'
import { closest } from '../../runtime/closest.ts'

/** What a caller should put right. */
export interface WrongField {
  /** As `retry.max`; empty for the value as a whole. */
  readonly field: string
  /** One line, without a stop. */
  readonly problem: string
}

/** The first thing that `schema` found wrong; of a field that it does not know, the closest that it does. */
export function wrongField(schema: z.ZodType, { issues: [issue] }: z.ZodError): WrongField {
  const path = issue?.path ?? []
  const field = path.map(String).join('.')
  if (!issue) return { field, problem: 'it is not what was expected' }
  if (issue.code !== 'unrecognized_keys') return { field, problem: whatIsWrong(issue) }
  const [unknown = ''] = issue.keys
  const meant = closest(unknown, fieldsAt(schema, path))
  const hint = meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`
  return { field, problem: `the field ${JSON.stringify(unknown)} is not known${hint}` }
}

function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at = bare(schema)
  for (const part of path) {
    if (at instanceof z.ZodObject) at = bare(at.shape[String(part)] as z.ZodType)
    else if (at instanceof z.ZodArray) at = bare(at.element as z.ZodType)
    else return []
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : []
}

/** Without what only says that it may be missing. */
function bare(schema: z.ZodType): z.ZodType {
  let at = schema
  while (at instanceof z.ZodDefault || at instanceof z.ZodOptional) at = at.unwrap() as z.ZodType
  return at
}

/** Sorts of values as people call them; others have a name of their own. */
const SORTS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

/** One line for whoever wrote the task. */
function whatIsWrong(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `it has to be ${SORTS[issue.expected] ?? `a ${issue.expected}`}`
    case 'invalid_value':
      return `it has to be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return 'it is empty'
      return `it has to be at least ${issue.minimum}`
    case 'too_big':
      if (issue.origin === 'string') return `it has more than ${issue.maximum} characters`
      if (issue.origin === 'array') return `it has more than ${issue.maximum} entries`
      return `it has to be at most ${issue.maximum}`
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message
    default:
      return issue.message
  }
}
