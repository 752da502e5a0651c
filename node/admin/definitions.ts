import { fileURLToPath } from 'node:url'
import { loadSync, type Options } from '@grpc/proto-loader'
import type { MethodDefinition } from '@grpc/grpc-js'
import { assert } from '../../runtime/errors.ts'

/** The services and messages of one file of `proto/`, read at run time. */
export interface Definitions {
  service(name: string): Service
  /** The bytes of a message. */
  encode(message: string, value: object): Uint8Array
  decode(message: string, bytes: Uint8Array): object
  /** Full names of everything that is declared. */
  readonly names: readonly string[]
  /** The file as protobuf describes it. It needs no other file. */
  readonly descriptor: Uint8Array
}

export type Service = Readonly<Record<string, MethodDefinition<object, object>>>

/** Messages as they came: what was not sent is not there. */
export const SENT: Options = { longs: Number, enums: String }

/** Messages as a reader wants them: what was not sent has its zero value; `optional` is absent. */
export const FILLED: Options = { ...SENT, defaults: true, arrays: true, objects: true }

/** Names as they stand in the file, for descriptors. */
export const SPELLED: Options = { ...SENT, keepCase: true }

export const ADMIN_SERVICE = 'architect.admin.v1.Admin'
export const HEALTH_SERVICE = 'grpc.health.v1.Health'

interface Message {
  readonly format: string
  readonly fileDescriptorProtos: readonly Buffer[]
  serialize(value: object): Buffer
  deserialize(bytes: Buffer): object
}

export function loadDefinitions(file: string, options: Options): Definitions {
  const path = fileURLToPath(new URL(`../../proto/${file}`, import.meta.url))
  const found = loadSync(path, options)
  const message = (name: string): Message => {
    const definition = found[name] as Message | undefined
    assert(definition?.format === 'Protocol Buffer 3 DescriptorProto', `${file} declares ${name}`)
    return definition
  }
  const descriptor = Object.values(found)
    .map((definition) => (definition as Partial<Message>).fileDescriptorProtos?.[0])
    .find((bytes) => bytes !== undefined)
  assert(descriptor, `${file} declares a message`)
  return {
    service: (name) => found[name] as Service,
    encode: (name, value) => message(name).serialize(value),
    decode: (name, bytes) => message(name).deserialize(Buffer.from(bytes)),
    names: Object.keys(found),
    descriptor,
  }
}
