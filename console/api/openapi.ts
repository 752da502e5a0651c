import { z } from 'zod'
import { json, type Route, route } from './route.ts'
import { problem } from './shapes.ts'

/** The description of the API in OpenAPI 3.1, made of the same table that answers. */

type Json = Readonly<Record<string, unknown>>

const anything = z.record(z.string(), z.unknown())

const described = z.object({
  openapi: z.string(),
  info: anything,
  paths: anything,
  components: anything,
})

/** @param routes asked for at the first request: the table has this route in it, too. */
export function describeApi(routes: () => readonly Route[]): Route {
  let made: Json | undefined
  return route({
    method: 'GET',
    path: '/api/openapi.json',
    role: 'anyone',
    summary: 'This description',
    example: {
      status: 200,
      schema: described,
      value: { openapi: '3.1.0', info: {}, paths: {}, components: {} },
    },
    answer: () => json((made ??= openapi(routes()))),
  })
}

export function openapi(routes: readonly Route[]): Json {
  const schemas: Record<string, unknown> = {}
  const paths: Record<string, Record<string, Json>> = {}
  for (const row of routes) {
    const operations = (paths[row.path] ??= {})
    operations[row.method.toLowerCase()] = operation(row, schemas)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Architect',
      version: '1',
      description:
        'Errors are {"error": {code, message, details, retryMs}}, with a fitting status.',
    },
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function operation(row: Route, schemas: Record<string, unknown>): Json {
  const { summary, role, example, body, bodyShape = body } = row
  const sent = bodyShape && {
    required: true,
    content: content('application/json', schemaOf(bodyShape, 'input', schemas), example.body),
  }
  const came = example.schema
    ? content('application/json', schemaOf(example.schema, 'output', schemas), example.value)
    : example.contentType && content(example.contentType, { type: 'string' }, undefined)
  return {
    summary,
    description: role === 'anyone' ? 'Needs no credential.' : `Needs the role "${role}".`,
    security: role === 'anyone' ? [] : [{ token: [] }],
    parameters: parametersOf(row, schemas),
    ...(sent && { requestBody: sent }),
    responses: {
      [example.status]: { description: summary, ...(came && { content: came }) },
      default: {
        description: 'It was refused, or failed',
        content: content('application/json', schemaOf(problem, 'output', schemas), undefined),
      },
    },
  }
}

function content(type: string, schema: Json, example: unknown): Json {
  return { [type]: { schema, ...(example !== undefined && { example }) } }
}

function parametersOf(row: Route, schemas: Record<string, unknown>): readonly Json[] {
  const inPath = [...row.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true },
    schema: { type: 'string' },
  }))
  const { properties = {} } = row.query ? schemaOf(row.query, 'output', schemas) : {}
  const inQuery = Object.entries(properties as Json).map(([name, schema]) => ({
    ...{ name, in: 'query', required: false, schema },
    ...{ style: 'form', explode: false },
  }))
  const inHeaders = Object.entries(row.headers ?? {}).map(([name, description]) => ({
    ...{ name, in: 'header', required: false, description },
    schema: { type: 'string' },
  }))
  return [...inPath, ...inQuery, ...inHeaders]
}

/** As JSON Schema. What has a name of its own is put among `schemas`, and referred to. */
function schemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
  schemas: Record<string, unknown>,
): Json {
  const whole = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  const text = JSON.stringify(whole).replaceAll('"#/$defs/', '"#/components/schemas/')
  const { $schema: _, $defs = {}, id, ...rest } = JSON.parse(text) as Json
  Object.assign(schemas, $defs)
  if (typeof id !== 'string') return rest
  schemas[id] = rest
  return { $ref: `#/components/schemas/${id}` }
}
