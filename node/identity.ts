import 'reflect-metadata' // What the certificate library's container asks for, before it is loaded.
import { createHash, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { Op } from '../runtime/storage/store.ts'
import { encodeValue } from '../runtime/storage/format.ts'
import { bootOp, CERTIFIER, IDENTITY } from './boot.ts'
import { topologyOp } from '../runtime/authority/stored-topology.ts'
import { firstTopology } from '../runtime/placement/first-topology.ts'
import type { StoreId } from '../runtime/storage/store-id.ts'

/*
 * What a store is born with, in one batch: who it is, the certificate authority of the cluster it
 * founds, and a topology of one. Joining nodes are certified by that authority; until the recovery
 * kit is exported its root key stays here, sealed by the directory's mode.
 */

const IDENTITY_KEY = 'm/identity'
const CERTIFIER_KEY = 'm/ca'

const ROOT_YEARS = 10
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export interface Founding {
  readonly storeId: StoreId
  readonly clusterId: string
  readonly node: string
  readonly wallMs: number
}

/** The first batch of a store that founds a cluster. */
export async function founding({
  storeId,
  clusterId,
  node,
  wallMs,
}: Founding): Promise<readonly Op[]> {
  const { op, keyHash } = identityOf(storeId)
  const entry = { node, address: '', boot: 0, bootId: '', status: 'up', keyHash } as const
  return [
    bootOp(0),
    op,
    put(CERTIFIER_KEY, encodeValue(CERTIFIER, await rootOf(clusterId, wallMs))),
    topologyOp(firstTopology(clusterId, storeId, entry)),
  ]
}

/** A new key pair for a store, and the hash by which its peers will know it. */
export function identityOf(storeId: StoreId): { readonly op: Op; readonly keyHash: string } {
  const pair = generateKeyPairSync('ed25519')
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' })
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'der' })
  const keyHash = createHash('sha256').update(publicKey).digest('base64url')
  const op = put(IDENTITY_KEY, encodeValue(IDENTITY, { storeId, publicKey, privateKey }))
  return { op, keyHash }
}

/** A root certificate for ten years, P-256, that may sign nodes and nothing below them. */
async function rootOf(
  clusterId: string,
  wallMs: number,
): Promise<{ certificate: Uint8Array; privateKey: Uint8Array }> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=Architect cluster ${clusterId}`,
    notBefore: new Date(wallMs - 3_600_000),
    notAfter: new Date(wallMs + ROOT_YEARS * 365 * 86_400_000),
    signingAlgorithm: P256,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
    ],
  })
  const privateKey = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const der = new Uint8Array(certificate.rawData)
  new X509Certificate(der) // What cannot be read back is not kept.
  return { certificate: der, privateKey }
}

function put(key: string, value: Uint8Array): Op {
  return { type: 'put', key, value }
}
