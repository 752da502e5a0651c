import { z } from 'zod'
import type { SubmitRequest } from '../../../actors/fleet.ts'
import { DEFAULTS, SPEC_LIMITS } from '../../../actors/task/limits.ts'
import { parseProject, parseSpec, specSchema } from '../../../actors/task/parse-spec.ts'
import type { TaskSpec } from '../../../actors/task/spec.ts'
import { RuntimeError } from '../../../runtime/errors.ts'
import { ulid } from '../../../runtime/scheduling/ulid.ts'
import type { LowerCase } from '../../http/server.ts'
import { type Answer, parsed, route } from '../route.ts'
import { RECEIPT, SPEC, SUMMARY } from '../samples.ts'
import { submitted } from '../shapes.ts'

/**
 * Tasks go in here: one, written as its spec with a project beside it, or several as `specs`, all of
 * them or none.
 */
const project = z.string().default(DEFAULTS.project)
const one = z.strictObject({ project, ...specSchema.shape })
const many = z.strictObject({
  project,
  specs: z.array(specSchema).min(1),
  ids: z
    .array(z.string())
    .optional()
    .describe('one for each spec, where the "after" of one names another of them'),
})

export const submitTasks = route({
  method: 'POST',
  path: '/api/tasks',
  role: 'operator',
  summary: 'Submit a task, or several as "specs"; answers once they are on disk',
  body: z.record(z.string(), z.unknown()),
  bodyShape: z.union([one, many]),
  headers: {
    'idempotency-key': 'the same key and body give the same answer, however often they are sent',
    'idempotency-try': 'from 1; one more each time the same request is sent again',
  },
  example: {
    body: SPEC,
    status: 201,
    schema: submitted,
    value: { id: SUMMARY.id, ids: [SUMMARY.id], repeated: false, receipt: RECEIPT, copies: 1 },
  },
  async answer({ body, principal, header }, { fleet, clock, random }): Promise<Answer> {
    const { ids, repeated, receipt, copies } = await fleet.submit({
      ...tasksOf(body),
      key: keyOf(header) ?? ulid(clock.wallMs(), random),
      try: tryOf(header),
      by: principal.name,
    })
    const [id = ''] = ids
    return {
      type: 'json',
      status: repeated ? 200 : 201,
      value: { id, ids, repeated, receipt, copies },
      headers: [['location', `/api/tasks/${id}`]],
    }
  },
})

/** Every door refuses a task in the same words. */
const PURPOSE = 'take the task'

type Tasks = Pick<SubmitRequest, 'project' | 'specs' | 'ids'>

function tasksOf(body: Readonly<Record<string, unknown>>): Tasks {
  if ('specs' in body) {
    const { project: name, specs, ids } = parsed(many, body, PURPOSE)
    return { project: parseProject(name), specs: specs.map(parseSpec), ...(ids && { ids }) }
  }
  const { project: name = DEFAULTS.project, ...spec } = body
  return { project: parseProject(name), specs: [specOf(spec, body)] }
}

function specOf(spec: object, body: object): TaskSpec {
  try {
    return parseSpec(spec)
  } catch (failure) {
    parsed(one, body, PURPOSE) // Its refusals know of the project, too.
    throw failure
  }
}

type Header = (name: LowerCase) => string

/** The header's draft standard has the key in quotes; hardly anybody does. */
function keyOf(header: Header): string | undefined {
  const key = header('idempotency-key').replaceAll(/^"|"$/g, '')
  if (key.length <= SPEC_LIMITS.keyLength) return key === '' ? undefined : key
  const limit = SPEC_LIMITS.keyLength
  throw wrongHeader('idempotency-key', `it has ${key.length} characters, the limit is ${limit}`)
}

function tryOf(header: Header): number {
  const text = header('idempotency-try')
  if (text === '') return 1
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw wrongHeader('idempotency-try', 'it is no whole number from 1')
}

function wrongHeader(field: string, problem: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `Cannot submit: ${field}: ${problem}`, {
    details: { field },
  })
}
