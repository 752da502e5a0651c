import { SHARD_COUNT } from '../../runtime/authority/topology.ts'
import type { TaskId } from './task.ts'

const PATTERN = /^t([0-9]{2})-[0-9A-HJKMNP-TV-Z]{26}$/

/** The id of a task in a shard: the shard is part of it, so that any node can route it. */
export function taskIdOf(shard: number, ulid: string): TaskId {
  return `t${String(shard).padStart(2, '0')}-${ulid}`
}

/** The shard of a task id; `undefined` for text that is no task id. */
export function shardOfTask(id: string): number | undefined {
  const shard = Number(PATTERN.exec(id)?.[1] ?? SHARD_COUNT)
  return shard < SHARD_COUNT ? shard : undefined
}

/**
 * Where a project's tasks live: FNV-1a (Fowler, Noll, Vo; 32 bits) over its UTF-8 bytes, modulo 64.
 * Ids in the field hang on it: it can never change.
 */
export function shardOfProject(project: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(project)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  return hash % SHARD_COUNT
}
