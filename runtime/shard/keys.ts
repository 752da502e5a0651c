import type { KeyRange } from '../storage/store.ts'

/*
 * Where things stand in the two databases.
 *
 *   hot   s/<shard>/m                    the copy's numbers
 *         s/<shard>/l/<first index>      entries, as many as one commit group took
 *         s/<shard>/p/<first index>      hashes of entries that were dropped
 *         s/<shard>/r/<kind>/<id>        rows that live, or are looked up
 *         s/<shard>/g/<kind>/<id>        rows that left history: to be deleted from the cold one
 *   cold  h/<shard>/<kind>/<id>          rows that are finished
 *         u/<shard>/<age>/<id>           their summaries, newest first
 */

const INDEX_DIGITS = 14
const LAST_MS = 10 ** INDEX_DIGITS - 1

export function metaKey(shard: number): string {
  return `s/${two(shard)}/m`
}

export function recordKey(shard: number, firstIndex: number): string {
  return `s/${two(shard)}/l/${wide(firstIndex)}`
}

export function recordRange(shard: number): KeyRange {
  return prefix(`s/${two(shard)}/l/`)
}

export function proofKey(shard: number, firstIndex: number): string {
  return `s/${two(shard)}/p/${wide(firstIndex)}`
}

/** Index of the first entry that is proved there. */
export function readProofKey(key: string): number {
  return Number(key.slice(-INDEX_DIGITS))
}

export function proofRange(shard: number): KeyRange {
  return prefix(`s/${two(shard)}/p/`)
}

export function liveKey(shard: number, kind: string, id: string): string {
  return `s/${two(shard)}/r/${kind}/${id}`
}

export function liveRange(shard: number, kind: string): KeyRange {
  return prefix(`s/${two(shard)}/r/${kind}/`)
}

export function goneKey(shard: number, kind: string, id: string): string {
  return `s/${two(shard)}/g/${kind}/${id}`
}

export function goneRange(shard: number): KeyRange {
  return prefix(`s/${two(shard)}/g/`)
}

export function historyKey(shard: number, kind: string, id: string): string {
  return `h/${two(shard)}/${kind}/${id}`
}

export function historyRange(shard: number, kind: string): KeyRange {
  return prefix(`h/${two(shard)}/${kind}/`)
}

/** Sorts the newest first. */
export function listingKey(shard: number, atMs: number, id: string): string {
  return `u/${two(shard)}/${wide(LAST_MS - atMs)}/${id}`
}

export function readListingKey(key: string): { readonly atMs: number; readonly id: string } {
  const [, , age = '', id = ''] = key.split('/')
  return { atMs: LAST_MS - Number(age), id }
}

/** The summaries of a shard, newest first; only those of `fromMs` and older, if it is given. */
export function listingRange(shard: number, fromMs = LAST_MS): KeyRange {
  const all = prefix(`u/${two(shard)}/`)
  return { ...all, gte: `${all.gte}${wide(LAST_MS - fromMs)}` }
}

/** Every key that begins with `text`, which must end in a slash. */
function prefix(text: string): KeyRange {
  return { gte: text, lt: `${text.slice(0, -1)}0` } // '0' follows '/'.
}

function two(shard: number): string {
  return String(shard).padStart(2, '0')
}

function wide(index: number): string {
  return String(index).padStart(INDEX_DIGITS, '0')
}
