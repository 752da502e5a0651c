import type { Server, ServerDuplexStream } from '@grpc/grpc-js'
import { ADMIN_SERVICE, HEALTH_SERVICE, loadDefinitions, SENT } from './definitions.ts'
import { describe, type FileDescriptor } from './descriptors.ts'

/**
 * Standard reflection, v1 and v1alpha (the same but for the name): a client that has no proto file
 * learns every service and message from the server. It says nothing that is not in the repository,
 * and so asks for no credential.
 */
export function addReflection(server: Server): void {
  const known = FILES.map(describe)
  for (const [service, file] of REFLECTION) {
    server.addService(loadDefinitions(file, SENT).service(service), {
      ServerReflectionInfo: (call: ServerDuplexStream<ReflectionRequest, object>) => {
        call.on('data', (request) => {
          const reply = { validHost: request.host ?? '', originalRequest: request }
          const room = call.write({ ...reply, ...answer(request, known) })
          if (!room) call.pause()
        })
        call.on('drain', () => call.resume())
        call.on('end', () => call.end())
      },
    })
  }
}

export const REFLECTION = [
  ['grpc.reflection.v1.ServerReflection', 'reflection.proto'],
  ['grpc.reflection.v1alpha.ServerReflection', 'reflection-alpha.proto'],
] as const

const FILES = ['admin.proto', 'health.proto', 'reflection.proto', 'reflection-alpha.proto']
const SERVICES = [ADMIN_SERVICE, HEALTH_SERVICE, ...REFLECTION.map(([service]) => service)]
const NOT_FOUND = 5

interface ReflectionRequest {
  readonly host?: string
  readonly fileByFilename?: string
  readonly fileContainingSymbol?: string
  readonly allExtensionNumbersOfType?: string
  readonly listServices?: string
}

function answer(request: ReflectionRequest, known: readonly FileDescriptor[]): object {
  const { allExtensionNumbersOfType: baseTypeName } = request
  if (request.listServices !== undefined) {
    return { listServicesResponse: { service: SERVICES.map((name) => ({ name })) } }
  }
  if (baseTypeName !== undefined) {
    return { allExtensionNumbersResponse: { baseTypeName, extensionNumber: [] } }
  }
  const found = known.find((file) => holds(file, request))
  if (found) return { fileDescriptorResponse: { fileDescriptorProto: [found.bytes] } }
  return { errorResponse: { errorCode: NOT_FOUND, errorMessage: 'Cannot find that here' } }
}

/** A symbol may be a service, a message, or a method or field of one. */
function holds(file: FileDescriptor, request: ReflectionRequest): boolean {
  const { fileContainingSymbol: symbol, fileByFilename: fileName } = request
  if (fileName !== undefined) return file.fileName === fileName
  if (symbol === undefined) return false
  return file.names.some((known) => symbol === known || symbol.startsWith(`${known}.`))
}
