import {
  type ClientDuplexStream,
  type ClientReadableStream,
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

export interface Page {
  readonly tasks?: readonly { readonly id: string; readonly state: string }[]
  readonly counts?: Readonly<Record<string, number>>
}

export interface Admin {
  submit(): SubmitStream
  /** An API token that may submit. */
  createToken(): Promise<string>
  submitTask(request: object): Promise<SubmitReply>
  listTasks(request: object): Promise<Page>
  /** Resolves once all of it is done. */
  bulk(request: object): Promise<void>
  close(): void
}

type Call = (...parts: readonly unknown[]) => unknown
type Answered = (failure: Error | null, answer: unknown) => void

/** A client as anybody would write it from `admin.proto`. */
export function connect({ address, secret }: Door): Admin {
  const service = { ...loadDefinitions('admin.proto', SENT).service(ADMIN_SERVICE) }
  const client = new (makeClientConstructor(service, 'Admin'))(
    address,
    credentials.createInsecure(),
  )
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${secret}`)
  const methods = client as unknown as Readonly<Record<string, Call>>
  const unary = (name: string, request: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const answered: Answered = (failure, answer) => (failure ? reject(failure) : resolve(answer))
      methods[name]?.call(client, request, metadata, answered)
    })
  return {
    submit: () => methods['Submit']?.call(client, metadata) as SubmitStream,
    async createToken() {
      const made = await unary('CreateToken', { name: 'bench', role: 'operator' })
      return (made as { readonly secret: string }).secret
    },
    submitTask: (request) => unary('SubmitTask', request) as Promise<SubmitReply>,
    listTasks: (request) => unary('ListTasks', request) as Promise<Page>,
    bulk: (request) =>
      new Promise((resolve, reject) => {
        const progress = methods['Bulk']?.call(
          client,
          request,
          metadata,
        ) as ClientReadableStream<object>
        progress.on('error', reject).on('end', resolve).resume()
      }),
    close: () => client.close(),
  }
}
