import type { Figure } from '../figure.ts'
import { ask } from './ask.ts'
import { assign } from './assign.ts'
import { flood } from './flood.ts'
import { live } from './live.ts'
import { memory } from './memory.ts'
import { page } from './page.ts'
import { pty } from './pty.ts'
import { start } from './start.ts'
import { submit } from './submit.ts'
import { tell } from './tell.ts'

/** Every figure, in the order in which they are measured and shown. */
export const FIGURES: readonly Figure[] = [
  tell,
  ask,
  flood,
  submit,
  assign,
  start,
  memory,
  pty,
  page,
  live,
]
