import { FILLED, loadDefinitions, SPELLED } from './definitions.ts'

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
  const schema = loadDefinitions('descriptor.proto', FILLED)
  const loose = schema.decode(FILE, descriptor) as FileMessage
  const scope = `.${loose.package}`
  const messageType = loose.messageType.map((message) => straightened(message, scope))
  const bytes = schema.encode(FILE, { ...loose, messageType })
  return { fileName: loose.name, names, bytes }
}

const FILE = 'google.protobuf.FileDescriptorProto'

interface FileMessage {
  readonly name: string
  readonly package: string
  readonly messageType: readonly MessageMessage[]
}

interface MessageMessage {
  readonly name: string
  readonly field: readonly FieldMessage[]
  readonly nestedType: readonly MessageMessage[]
  readonly enumType: readonly { readonly name: string }[]
  readonly oneofDecl: readonly { readonly name: string }[]
  readonly options?: { readonly mapEntry: boolean } | null
}

interface FieldMessage {
  readonly name: string
  readonly typeName: string
  readonly oneofIndex?: number
}

function straightened(message: MessageMessage, scope: string): MessageMessage {
  const own = `${scope}.${message.name}`
  const nested = new Set([...message.nestedType, ...message.enumType].map(({ name }) => name))
  const entries = new Map(
    message.nestedType
      .filter(({ options }) => options?.mapEntry)
      .map(({ name }) => [name, `${name}Entry`]),
  )
  const typeName = (name: string): string => {
    if (name === '' || name.startsWith('.')) return name
    return nested.has(name) ? `${own}.${entries.get(name) ?? name}` : `${scope}.${name}`
  }
  return {
    ...message,
    field: message.field.map((field) => ({
      ...field,
      typeName: typeName(field.typeName),
      jsonName: field.name.replaceAll(/_(.)/g, (_match, letter: string) => letter.toUpperCase()),
      ...(optional(message, field) && { proto3Optional: true }),
    })),
    nestedType: message.nestedType.map((inner) =>
      straightened({ ...inner, name: entries.get(inner.name) ?? inner.name }, own),
    ),
  }
}

/** protobuf keeps an `optional` field in a choice of its own, named after it. */
function optional(message: MessageMessage, field: FieldMessage): boolean {
  if (field.oneofIndex === undefined) return false
  return message.oneofDecl[field.oneofIndex]?.name === `_${field.name}`
}
