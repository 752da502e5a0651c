import {
  type ClientDuplexStream,
  credentials,
  makeClientConstructor,
  Metadata,
} from '@grpc/grpc-js'
import { ADMIN_SERVICE, loadDefinitions, SENT } from '../../../node/admin/definitions.ts'

/** The admin door of a node, and a secret that opens it. */
export interface Door {
  readonly address: string
  readonly secret: string
}

export interface SubmitReply {
  readonly request?: number
  readonly ids?: readonly string[]
  readonly failure?: { readonly message: string }
}

export type SubmitStream = ClientDuplexStream<
  { readonly requests: readonly object[] },
  { readonly replies: readonly SubmitReply[] }
>

export interface Admin {
  submit(): SubmitStream
  /** An API token that may submit. */
  createToken(): Promise<string>
}

/** A client as anybody would write it from `admin.proto`. */
export function connect({ address, secret }: Door): Admin {
  const service = { ...loadDefinitions('admin.proto', SENT).service(ADMIN_SERVICE) }
  const client = new (makeClientConstructor(service, 'Admin'))(
    address,
    credentials.createInsecure(),
  )
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${secret}`)
  const methods = client as unknown as Record<string, (...parts: unknown[]) => unknown>
  return {
    submit: () => methods['Submit']?.call(client, metadata) as SubmitStream,
    createToken: () =>
      new Promise((resolve, reject) => {
        const request = { name: 'bench', role: 'operator' }
        const done = (failure: Error | null, made?: { readonly secret: string }): void =>
          made ? resolve(made.secret) : reject(failure ?? new Error('no answer'))
        methods['CreateToken']?.call(client, request, metadata, done)
      }),
  }
}
