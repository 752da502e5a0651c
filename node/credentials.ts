import { createHash, timingSafeEqual } from 'node:crypto'
import { ROLES, type Principal, type Role } from '../actors/doors/principal.ts'
import { RuntimeError } from '../runtime/errors.ts'
import { hex } from '../runtime/hex.ts'
import type { Clock } from '../runtime/scheduling/clock.ts'
import type { Random } from '../runtime/scheduling/random.ts'

/**
 * Who may speak to this node, for every door alike.
 *
 * Two sorts of secret: the local credential, which whoever can read the data directory has, and API
 * tokens `architect_<id>_<secret>`, of which only the SHA-256 of the secret is kept. A secret has
 * 256 bits of chance, so a fast hash is enough: there is nothing to guess. All comparisons take the
 * same time whatever differs. User, team and project are labels: they say who acted, and grant
 * nothing.
 */
export interface Credentials {
  /** Whose secret this is; `undefined` when nobody's, or expired. */
  verify(secret: string): Principal | undefined
  /** False once the token that this principal came by is revoked or expired. */
  stands(principal: Principal): boolean
  /** The secret is in the answer only. Throws `INVALID_ARGUMENT`, `RESOURCE_EXHAUSTED`. */
  createToken(request: TokenRequest): Promise<{ readonly token: Token; readonly secret: string }>
  /** Oldest first. */
  tokens(): readonly Token[]
  /** Throws `NOT_FOUND`. From its return on the token is refused. */
  revokeToken(id: string): Promise<void>
}

export interface TokenRequest {
  /** For people, 1 to 100 characters. */
  readonly name: string
  readonly role: Role
  readonly user?: string
  readonly team?: string
  readonly project?: string
  /** Default: for ever. */
  readonly validMs?: number
}

export interface Token extends Omit<TokenRequest, 'validMs'> {
  readonly id: string
  readonly createdMs: number
  readonly expiresMs?: number
}

/** What is kept of a token. */
export interface TokenRecord extends Token {
  /** SHA-256 of the secret, hex. */
  readonly digest: string
}

/** Where token records live. `put` and `remove` resolve once that is durable. */
export interface TokenStore {
  list(): Promise<readonly TokenRecord[]>
  put(record: TokenRecord): Promise<void>
  remove(id: string): Promise<void>
}

export interface CredentialsOptions {
  /** The secret of the data directory. At least 32 characters. */
  readonly local: string
  readonly tokens: TokenStore
  readonly clock: Clock
  readonly random: Random
}

/** Tokens a node keeps. A fleet needs one for each program; more than this is a leak somewhere. */
const TOKENS_MAX = 1_000
const LABEL_LENGTH_MAX = 100
const ID_BYTES = 8
const SECRET_BYTES = 32
const TOKEN_PATTERN = /^architect_([0-9a-f]{16})_([0-9a-f]{64})$/

export async function createCredentials(options: CredentialsOptions): Promise<Credentials> {
  const { clock, random, tokens: store } = options
  const local = sha256(options.local)
  const records = new Map((await store.list()).map((record) => [record.id, record]))

  return {
    verify(secret) {
      const match = TOKEN_PATTERN.exec(secret)
      if (!match) return timingSafeEqual(sha256(secret), local) ? LOCAL : undefined
      const record = records.get(match[1] ?? '')
      const digest = sha256(match[2] ?? '')
      if (!record || !timingSafeEqual(digest, Buffer.from(record.digest, 'hex'))) return undefined
      return expired(record, clock.wallMs()) ? undefined : principalOf(record)
    },

    stands({ tokenId }) {
      if (tokenId === undefined) return true
      const record = records.get(tokenId)
      return record !== undefined && !expired(record, clock.wallMs())
    },

    async createToken(request) {
      checkTokenRequest(request)
      for (const record of records.values()) {
        if (expired(record, clock.wallMs())) await remove(store, records, record.id)
      }
      if (records.size >= TOKENS_MAX) {
        throw new RuntimeError(
          'RESOURCE_EXHAUSTED',
          `Cannot create the token: there are ${TOKENS_MAX}, the most a node keeps`,
          { details: { limit: TOKENS_MAX } },
        )
      }
      const id = hex(random.bytes(ID_BYTES))
      const secret = hex(random.bytes(SECRET_BYTES))
      const token = tokenOf(request, id, clock.wallMs())
      const record = { ...token, digest: sha256(secret).toString('hex') }
      await store.put(record)
      records.set(id, record)
      return { token, secret: `architect_${id}_${secret}` }
    },

    tokens: () =>
      [...records.values()]
        .map(({ digest: _digest, ...token }) => token)
        .sort((a, b) => a.createdMs - b.createdMs),

    async revokeToken(id) {
      if (!records.has(id)) {
        throw new RuntimeError('NOT_FOUND', `Cannot revoke the token "${id}": there is none`)
      }
      await remove(store, records, id)
    },
  }
}

const LOCAL: Principal = { name: 'local', role: 'admin' }

/** Refused from memory first, so that a store that fails leaves nobody in. */
async function remove(
  store: TokenStore,
  records: Map<string, TokenRecord>,
  id: string,
): Promise<void> {
  records.delete(id)
  await store.remove(id)
}

function expired(token: Token, wallMs: number): boolean {
  return token.expiresMs !== undefined && token.expiresMs <= wallMs
}

function tokenOf({ validMs, ...request }: TokenRequest, id: string, wallMs: number): Token {
  const token = { ...request, id, createdMs: wallMs }
  return validMs === undefined ? token : { ...token, expiresMs: wallMs + validMs }
}

function principalOf(token: Token): Principal {
  return {
    name: token.user ?? `token:${token.name}`,
    role: token.role,
    tokenId: token.id,
    ...(token.user !== undefined && { user: token.user }),
    ...(token.team !== undefined && { team: token.team }),
    ...(token.project !== undefined && { project: token.project }),
  }
}

function checkTokenRequest(request: TokenRequest): void {
  if (!ROLES.includes(request.role)) {
    throw refused(`the role "${String(request.role)}" is none of ${ROLES.join(', ')}`)
  }
  if (request.name === '') throw refused('it has no name')
  for (const field of ['name', 'user', 'team', 'project'] as const) {
    const value = request[field] ?? ''
    if (value.length > LABEL_LENGTH_MAX || /\p{Cc}/u.test(value)) {
      throw refused(`its ${field} is not 1 to ${LABEL_LENGTH_MAX} printable characters`)
    }
  }
  const { validMs } = request
  if (validMs !== undefined && !(Number.isSafeInteger(validMs) && validMs >= 1)) {
    throw refused('it would be valid for less than 1 ms')
  }
}

function refused(reason: string): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', `Cannot create the token: ${reason}`)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
