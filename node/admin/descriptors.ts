import { assert } from '../../runtime/errors.ts'
import { loadDefinitions, SENT, SPELLED } from './definitions.ts'

/**
 * What reflection hands out. protobufjs describes a file loosely: map entries lack the name that
 * protobuf demands (`EnvEntry`), types are named relative to where they are used, `optional` fields
 * are not marked. Strict readers (C++, Python, grpcurl) refuse that, so it is put right here.
 */
export interface FileDescriptor {
  /** As `architect_admin_v1.proto`. */
  readonly fileName: string
  /** Full names of all services, messages and enums. */
  readonly names: readonly string[]
  readonly bytes: Uint8Array
}

export function describe(protoFile: string): FileDescriptor {
  const { names, descriptor } = loadDefinitions(protoFile, SPELLED)
  const schema = loadDefinitions('descriptor.proto', SENT)
  const loose = schema.decode(FILE, descriptor) as FileMessage
  const scope = `.${loose.package}`
  const declared = new Set(namesIn(loose, scope))
  const messageType = loose.messageType.map((message) => straightened(message, scope, declared))
  const bytes = schema.encode(FILE, { ...loose, messageType })
  return { fileName: loose.name, names, bytes }
}

const FILE = 'google.protobuf.FileDescriptorProto'

interface FileMessage {
  readonly name: string
  readonly package: string
  readonly messageType: readonly MessageMessage[]
  readonly enumType?: readonly { readonly name: string }[]
}

interface MessageMessage {
  readonly name: string
  readonly field?: readonly FieldMessage[]
  readonly nestedType?: readonly MessageMessage[]
  readonly enumType?: readonly { readonly name: string }[]
  readonly oneofDecl?: readonly { readonly name: string }[]
  readonly options?: { readonly mapEntry?: boolean }
}

interface FieldMessage {
  readonly name: string
  readonly typeName?: string
  readonly oneofIndex?: number
}

function straightened(
  message: MessageMessage,
  scope: string,
  declared: ReadonlySet<string>,
): MessageMessage {
  const { field = [], nestedType = [], ...rest } = message
  const own = `${scope}.${message.name}`
  const entries = new Map(
    nestedType.filter(isEntry).map(({ name }) => [`${own}.${name}`, `${own}.${name}Entry`]),
  )
  const typeName = (name: string): string => {
    const full = resolved(name, own, declared)
    return entries.get(full) ?? full
  }
  return {
    ...rest,
    field: field.map((each) => ({
      ...each,
      ...(each.typeName !== undefined && { typeName: typeName(each.typeName) }),
      jsonName: each.name.replaceAll(/_(.)/g, (_match, letter: string) => letter.toUpperCase()),
      ...(optional(message, each) && { proto3Optional: true }),
    })),
    nestedType: nestedType.map((inner) => {
      const name = isEntry(inner) ? `${inner.name}Entry` : inner.name
      return straightened({ ...inner, name }, own, declared)
    }),
  }
}

function isEntry({ options }: MessageMessage): boolean {
  return options?.mapEntry === true
}

/** A relative name means the declaration in the innermost scope that has one. */
function resolved(name: string, from: string, declared: ReadonlySet<string>): string {
  if (name.startsWith('.')) return name
  for (let scope = from; ; scope = scope.slice(0, scope.lastIndexOf('.'))) {
    if (declared.has(`${scope}.${name}`)) return `${scope}.${name}`
    assert(scope !== '', `the type ${name} is declared in its file`)
  }
}

function namesIn(
  {
    messageType = [],
    nestedType = messageType,
    enumType = [],
  }: Partial<FileMessage & MessageMessage>,
  scope: string,
): readonly string[] {
  return [
    ...enumType.map(({ name }) => `${scope}.${name}`),
    ...nestedType.flatMap((message) => {
      const own = `${scope}.${message.name}`
      return [own, ...namesIn(message, own)]
    }),
  ]
}

/** protobuf keeps an `optional` field in a choice of its own, named after it. */
function optional({ oneofDecl = [] }: MessageMessage, field: FieldMessage): boolean {
  if (field.oneofIndex === undefined) return false
  return oneofDecl[field.oneofIndex]?.name === `_${field.name}`
}
