import { statfs } from 'node:fs'
import { dirname } from 'node:path'
import type { Measured } from './space.ts'

/** What is free and what there is in all of the disk that a path is on, or will be. */
export function diskRoom(path: string, done: (measured: Measured | undefined) => void): void {
  statfs(path, (error, found) => {
    if (!error) {
      const { bavail, blocks, bsize } = found
      return done({ freeBytes: bavail * bsize, totalBytes: blocks * bsize })
    }
    const above = dirname(path)
    if (error.code === 'ENOENT' && above !== path) return diskRoom(above, done)
    done(undefined)
  })
}
