import type { Figure } from '../figure.ts'
import { live } from './live.ts'
import { memory } from './memory.ts'
import { pty } from './pty.ts'
import { submit } from './submit.ts'

/** Every figure, in the order in which they are measured and shown. */
export const FIGURES: readonly Figure[] = [submit, memory, pty, live]
