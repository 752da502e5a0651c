import t from 'tap'
import { z } from 'zod'
import { openapi } from '../../../console/api/openapi.ts'
import { NO_BODY } from '../../../console/api/route.ts'
import { ROUTES } from '../../../console/api/routes/table.ts'
import { problem } from '../../../console/api/shapes.ts'
import { specOf } from '../../node/admin/fleet-of.ts'
import { ask } from '../ask.ts'
import { consoleOf, LOCAL_SECRET } from '../console-of.ts'

interface Operation {
  readonly summary: string
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly security: readonly object[]
  readonly responses: Readonly<Record<string, unknown>>
  readonly requestBody?: { readonly content: Readonly<Record<string, { example?: unknown }>> }
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

t.test('every row of the table is described, and everything described is a row', async (t) => {
  const { paths } = openapi(ROUTES) as unknown as Described
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  t.same(described.sort(), ROUTES.map(({ method, path }) => `${method} ${path}`).sort())
  for (const { method, path, role } of ROUTES) {
    const operation = paths[path]?.[method.toLowerCase()]
    t.equal(operation?.security.length, role === 'anyone' ? 0 : 1, path)
    const inPath = operation?.parameters
      .filter((each) => each.in === 'path')
      .map(({ name }) => name)
    t.same(
      inPath,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      path,
    )
  }
})

t.test('every reference leads somewhere', async (t) => {
  const description = openapi(ROUTES) as unknown as Described
  const text = JSON.stringify(description)
  const names = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
  )
  for (const name of ['Task', 'TaskSummary', 'Submitted', 'Status', 'Problem'])
    t.ok(names.has(name), name)
  t.same(
    [...names].filter((name) => !(name ?? '' in description.components.schemas)),
    [],
  )
  t.notMatch(text, /\$defs/)
})

t.test('every example is what its schema says', async (t) => {
  for (const { method, path, example, body = NO_BODY, bodyShape = body } of ROUTES) {
    if (method === 'POST' && example.body !== undefined) {
      t.ok(bodyShape.safeParse(example.body).success, `${path}: what is sent`)
    }
    if (example.schema)
      t.ok(strict(example.schema).safeParse(example.value).success, `${path}: what comes`)
  }
})

t.test('every route is there, and answers as it is described', async (t) => {
  const { port, origin, fleet, base } = await consoleOf(t)
  const id = fleet.add(specOf({ labels: ['nightly'] }), { project: 'default', by: 'local' })
  const headers = { host: `localhost:${port}`, origin, authorization: `Bearer ${LOCAL_SECRET}` }
  for (const { method, path, example, accepts = ['application/json'] } of ROUTES) {
    if (path.endsWith('/output') || path === '/api/signin') continue // They have tests of their own.
    const asked = {
      ...{ method, path: path.replace('{id}', id).replace('{project}', 'default') },
      headers: method === 'POST' ? { ...headers, 'content-type': accepts[0] ?? '' } : headers,
      ...(method === 'POST' && { body: JSON.stringify(example.body ?? {}) }),
    }
    const answer = await ask(port, asked)
    t.equal(answer.status, example.status, `${method} ${path}`)
    if (!example.schema) continue
    const result = strict(example.schema).safeParse(JSON.parse(answer.body))
    t.ok(result.success, `${method} ${path}: ${result.error?.message ?? ''}`)
  }
  const refused = await fetch(`${base}/api/tasks`)
  t.ok(strict(problem).safeParse(await refused.json()).success, 'and so does a refusal')
  const described = await (await fetch(`${base}/api/openapi.json`)).json()
  t.match(described, { openapi: '3.1.0' })
})

/** The same shape, but a field that it does not know is wrong, at every level. */
function strict(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    const shape = Object.entries(schema.shape as Record<string, z.ZodType>)
    return z.strictObject(Object.fromEntries(shape.map(([name, inner]) => [name, strict(inner)])))
  }
  if (schema instanceof z.ZodArray) return z.array(strict(schema.element as z.ZodType))
  if (schema instanceof z.ZodOptional) return strict(schema.unwrap() as z.ZodType).optional()
  return schema
}
