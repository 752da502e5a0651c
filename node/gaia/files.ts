import { stat } from 'node:fs/promises'

export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false // Not there, or not ours to see: either way no place to run.
  }
}
