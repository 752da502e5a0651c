import { z } from 'zod'
import { RuntimeError } from '../../runtime/errors.ts'
import { wrongField } from '../doors/wrong-field.ts'
import { shared } from './brief.ts'
import { DEFAULTS, SPEC_LIMITS } from './limits.ts'
import type { TaskSpec } from './spec.ts'
import { shardOfTask } from './task-id.ts'

const LONGEST_MS = 365 * 24 * 3_600_000

/** What stands in lists and reasons, which are single lines. */
const line = z.string().refine((text) => !/\p{Cc}/u.test(text), 'it has a control character')
const label = z
  .string()
  .min(1)
  .max(SPEC_LIMITS.labelLength)
  .refine((text) => !/[\s\p{Cc}]/u.test(text), 'it has a space or a control character')
const labels = z.array(label).max(SPEC_LIMITS.labels).default([])
const spanMs = z.number().int().min(1).max(LONGEST_MS)
const momentMs = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const taskId = z.string().refine((id) => shardOfTask(id) !== undefined, 'it is no task id')
const texts = z.record(z.string().min(1).max(256), z.string())
/** Words that a program can be started with: the system ends each at a zero byte. */
const word = z.string().refine((text) => !text.includes('\0'), 'it has a zero byte')
const variable = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => !/[=\0]/.test(name), 'a name has "=" or a zero byte')
const terminal = z.strictObject({
  cols: z.number().int().min(1).max(1_000).default(DEFAULTS.cols),
  rows: z.number().int().min(1).max(1_000).default(DEFAULTS.rows),
})
const timeouts = z.strictObject({
  scheduleToStartMs: spanMs.default(DEFAULTS.scheduleToStartMs),
  startToCloseMs: spanMs.default(DEFAULTS.startToCloseMs),
  totalMs: spanMs.default(DEFAULTS.totalMs),
})
const retry = z.strictObject({
  max: z.number().int().min(0).max(SPEC_LIMITS.retries).default(DEFAULTS.retries),
  onExit: z.boolean().default(false),
  baseMs: spanMs.default(DEFAULTS.retryBaseMs),
  factor: z.number().min(1).max(10).default(DEFAULTS.retryFactor),
  capMs: spanMs.default(DEFAULTS.retryCapMs),
  jitter: z.number().min(0).max(1).default(DEFAULTS.retryJitter),
})
const key = line.min(1).max(SPEC_LIMITS.keyLength)

const argv = z
  .array(word)
  .min(1)
  .max(SPEC_LIMITS.argvCount)
  .refine(([program]) => program !== '', 'its first word, the program, is empty')

/** A task as callers write it: everything but the command has a default. */
export const specSchema = z.strictObject({
  kind: z.literal('shell').default('shell'),
  title: line.max(SPEC_LIMITS.titleLength).optional(),
  argv,
  workdir: word.startsWith('/', 'it is not an absolute path').max(4_096).optional(),
  env: z.record(variable, word).default({}),
  priority: z.number().int().min(0).max(SPEC_LIMITS.priority).default(DEFAULTS.priority),
  labels,
  requires: labels,
  after: z.array(taskId).max(SPEC_LIMITS.dependencies).default([]),
  notBeforeMs: momentMs.optional(),
  expiresMs: momentMs.optional(),
  timeouts: timeouts.default(timeouts.parse({})),
  retry: retry.default(retry.parse({})),
  onLost: z.enum(['retry', 'ask']).default('retry'),
  unique: z
    .strictObject({
      key,
      onConflict: z.enum(['ignore', 'replace', 'attach']).default('ignore'),
      windowMs: z.number().int().min(0).max(LONGEST_MS).default(0),
    })
    .optional(),
  concurrency: z
    .strictObject({ key, max: z.number().int().min(1).max(10_000).default(1) })
    .optional(),
  metadata: texts.default({}),
  terminal: terminal.default(terminal.parse({})),
  outputBytesMax: z
    .number()
    .int()
    .min(64 * 1024)
    .max(SPEC_LIMITS.outputBytes)
    .default(DEFAULTS.outputBytesMax),
})

/** Most tasks are a command and nothing else: those are parsed in a third of the time. */
const commandSchema = z.strictObject({ argv })
const PLAIN = parseWhole({ argv: ['true'] })

/**
 * A task as a caller wrote it, whole and within its limits.
 *
 * Throws `INVALID_ARGUMENT` that names the field, what was wrong with it and what would be right.
 */
export function parseSpec(input: unknown): TaskSpec {
  const command = isBare(input) ? commandSchema.safeParse(input) : undefined
  return command?.success ? { ...PLAIN, ...named(command.data.argv) } : parseWhole(input)
}

function parseWhole(input: unknown): TaskSpec {
  const parsed = specSchema.safeParse(input)
  if (!parsed.success) {
    const { field, problem } = wrongField(specSchema, parsed.error)
    throw refusal(field, problem)
  }
  const { title, workdir, notBeforeMs, expiresMs, unique, concurrency, ...rest } = parsed.data
  within('env', bytesOf(Object.entries(rest.env).flat()), SPEC_LIMITS.envBytes)
  within('metadata', bytesOf(Object.entries(rest.metadata).flat()), SPEC_LIMITS.metadataBytes)
  if (notBeforeMs !== undefined && expiresMs !== undefined && notBeforeMs >= expiresMs)
    throw refusal('expiresMs', 'it has to be after notBeforeMs')
  return shared({
    ...rest,
    ...named(rest.argv),
    ...(title === undefined ? {} : { title }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ...(unique === undefined ? {} : { unique }),
    ...(concurrency === undefined ? {} : { concurrency }),
  })
}

/** Says nothing but a command. */
function isBare(input: unknown): boolean {
  for (const key in input as object) if (key !== 'argv') return false
  return true
}

function named(argv: readonly string[]): Pick<TaskSpec, 'argv' | 'title'> {
  within('argv', bytesOf(argv), SPEC_LIMITS.argvBytes)
  for (const [at, each] of argv.entries())
    within(`argv.${at}`, bytesOf([each]), SPEC_LIMITS.argumentBytes)
  return { argv, title: titleOf(argv) }
}

/** The beginning of the command, on one line. */
function titleOf(argv: readonly string[]): string {
  return argv
    .join(' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, SPEC_LIMITS.titleLength)
}

const PROJECT = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/

/** A project's name: letters, digits and `. _ / -`, at most 100. Throws `INVALID_ARGUMENT`. */
export function parseProject(input: unknown): string {
  const fits = typeof input === 'string' && PROJECT.test(input)
  if (fits && input.length <= SPEC_LIMITS.projectLength) return input
  const message = `Cannot use the project ${quoted(input)}: a name has letters, digits and . _ / - (at most 100)`
  throw new RuntimeError('INVALID_ARGUMENT', message, { details: { field: 'project' } })
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
}

function within(field: string, bytes: number, limit: number): void {
  if (bytes <= limit) return
  const message = `Cannot take the task: ${field}: it has ${bytes} bytes, the limit is ${limit}`
  throw new RuntimeError('INVALID_ARGUMENT', message, { details: { field, bytes, limit } })
}

function refusal(field: string, what: string): RuntimeError {
  const message = `Cannot take the task: ${field === '' ? '' : `${field}: `}${what}`
  return new RuntimeError('INVALID_ARGUMENT', message, { details: field === '' ? {} : { field } })
}

function quoted(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
