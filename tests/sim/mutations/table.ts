import { ATTEMPT_MUTATIONS } from './attempts.ts'
import { LOG_MUTATIONS } from './log.ts'
import { MAIL_MUTATIONS } from './mail.ts'
import type { Mutation } from './mutation.ts'
import { TASK_MUTATIONS } from './tasks.ts'
import { TIME_MUTATIONS } from './time.ts'

/** Every broken rule that one node can show. */
export const MUTATIONS: readonly Mutation[] = [
  ...LOG_MUTATIONS,
  ...MAIL_MUTATIONS,
  ...TASK_MUTATIONS,
  ...ATTEMPT_MUTATIONS,
  ...TIME_MUTATIONS,
]
