import { RuntimeError } from '../errors.ts'
import { pack, unpack } from './codec.ts'

/**
 * One sort of value on disk. Every value says which it is and of what version, so that it can be
 * read alone: `{kind, version, data}`. A build writes the newest version it knows and reads all
 * older ones; `tests/data/golden/` holds the bytes of each.
 */
export interface Format {
  readonly kind: string
  /** From 1. Raised by one whenever what is written changes, together with an upcaster. */
  readonly version: number
  /** One for each version but the newest: the first reads version 1 and makes version 2. */
  readonly upcasters?: readonly Upcaster[]
  /** What is written, where that is not the value itself; pure, and undone by `whole`. */
  brief?(data: unknown): unknown
  whole?(brief: unknown): unknown
}

/** Makes version n + 1 of version n. Pure. */
export type Upcaster = (older: unknown) => unknown

export function encodeValue(format: Format, data: unknown): Uint8Array {
  const { kind, version } = format
  return pack({ data: format.brief ? format.brief(data) : data, kind, version })
}

/**
 * The data of a stored value as the newest version has it. Throws `STORE_CORRUPT` if it is of
 * another kind, `STORE_REFUSED` if a newer build wrote it.
 */
export function decodeValue(format: Format, bytes: Uint8Array): unknown {
  const { kind, version, upcasters = [] } = format
  const stored = unpack(bytes) as Partial<Stored> | null
  const from = stored?.version
  if (stored?.kind !== kind || typeof from !== 'number' || from < 1) {
    throw new RuntimeError('STORE_CORRUPT', `Cannot read a value: it is no "${kind}"`)
  }
  if (from > version) {
    const message = `Cannot read a "${kind}" of version ${from}: this build knows versions up to ${version}`
    throw new RuntimeError('STORE_REFUSED', message)
  }
  const newest = upcasters.slice(from - 1).reduce((data, upcast) => upcast(data), stored.data)
  return format.whole ? format.whole(newest) : newest
}

interface Stored {
  readonly kind: string
  readonly version: number
  readonly data: unknown
}
