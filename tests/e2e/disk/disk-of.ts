import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnArchitect, nodeFlags, type ArchitectProcess } from '../architect-of.ts'

/** A disk that a test fills, and nodes that live on it. */
export interface TestDisk {
  /** The data directory, as the node sees it. */
  readonly data: string
  start(): ArchitectProcess
  /** The data directory of a node that runs, as we see it. */
  seenIn(node: ArchitectProcess): string
  /** Leaves so many bytes free; writes fail when it is none. */
  leave(node: ArchitectProcess, freeBytes: number): void
  /** All that was taken is free again. */
  empty(node: ArchitectProcess): void
  remove(): void
}

/** So many results fill more than the page of the log that is there already. */
export const SLOTS = 20

const SOURCE = fileURLToPath(new URL('failing-disk.c', import.meta.url))

/** Faults by a library that is loaded before libc. Needs Linux and a C compiler. */
export class OrderedDisk implements TestDisk {
  readonly #root = mkdtempSync(join(tmpdir(), 'architect-disk-'))
  readonly data = join(this.#root, 'data')
  readonly #orders = join(this.#root, 'orders')
  readonly #library = join(this.#root, 'failing-disk.so')

  constructor() {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', this.#library, SOURCE, '-ldl'])
  }

  start(): ArchitectProcess {
    const environment = {
      LD_PRELOAD: this.#library,
      DISK_DIRECTORY: this.data,
      DISK_ORDERS: this.#orders,
    }
    return spawnArchitect(nodeFlags(this.data, { slots: SLOTS }), { environment })
  }

  seenIn(): string {
    return this.data
  }

  /** As the head of `failing-disk.c` has them. */
  order(orders: string): void {
    writeFileSync(this.#orders, orders)
  }

  leave(_node: ArchitectProcess, freeBytes: number): void {
    this.order(`free ${freeBytes}\n${freeBytes === 0 ? 'sync ENOSPC\n' : ''}`)
  }

  empty(): void {
    rmSync(this.#orders, { force: true })
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** How to be where one may mount, if this user may. */
const UNSHARE = process.getuid?.() === 0 ? ['-m'] : ['-rm']

export function mayMount(): boolean {
  const tried = ['mount -t tmpfs none /mnt']
  return spawnSync('unshare', [...UNSHARE, 'sh', '-c', ...tried]).status === 0
}

/** A tmpfs of 64 MiB, in a namespace that ends with the processes in it. */
export class SmallDisk implements TestDisk {
  readonly #root = mkdtempSync(join(tmpdir(), 'architect-small-'))
  readonly #mount = join(this.#root, 'disk')
  readonly data = join(this.#mount, 'data')

  constructor() {
    mkdirSync(this.#mount)
  }

  start(): ArchitectProcess {
    const mount = `mount -t tmpfs -o size=64m,mode=700 none ${this.#mount} && exec "$@"`
    const within = ['unshare', ...UNSHARE, 'sh', '-c', mount, 'sh']
    return spawnArchitect(nodeFlags(this.data, { slots: SLOTS }), { within })
  }

  seenIn(node: ArchitectProcess): string {
    return this.#outside(node, this.data)
  }

  #outside(node: ArchitectProcess, path: string): string {
    return `/proc/${node.child.pid}/root${path}`
  }

  leave(node: ArchitectProcess, freeBytes: number): void {
    const fill = this.#outside(node, join(this.#mount, 'fill'))
    const { bavail, bsize } = statfsSync(this.#outside(node, this.#mount))
    const missing = bavail * bsize - freeBytes
    try {
      if (missing > 0) appendFileSync(fill, Buffer.alloc(missing))
      else truncateSync(fill, statSync(fill).size + missing)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  empty(node: ArchitectProcess): void {
    rmSync(this.#outside(node, join(this.#mount, 'fill')), { force: true })
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}
