import type { Command } from '../command.ts'
import { adminActors } from './admin/actors.ts'
import { adminBackup } from './admin/backup.ts'
import { adminRestore } from './admin/restore.ts'
import { adminVerify } from './admin/verify.ts'
import { adminSchema } from './admin/schema.ts'
import { completionOf } from './completion.ts'
import { consoleLink } from './console.ts'
import { projectPause, projectResume } from './project.ts'
import { run } from './run.ts'
import { status } from './status.ts'
import { taskCancel, taskPause, taskResume, taskRetry } from './task/act.ts'
import { taskExplain } from './task/explain.ts'
import { taskLogs } from './task/logs.ts'
import { taskPrioritize } from './task/prioritize.ts'
import { taskShow } from './task/show.ts'
import { tasks } from './tasks.ts'
import { tokenCreate } from './token/create.ts'
import { tokenList } from './token/list.ts'
import { tokenRevoke } from './token/revoke.ts'

/** Every command, in the order of the help. To add one: a file, and a line here. */
export const COMMANDS: readonly Command[] = [
  run,
  tasks,
  taskShow,
  taskExplain,
  taskLogs,
  taskCancel,
  taskRetry,
  taskPause,
  taskResume,
  taskPrioritize,
  projectPause,
  projectResume,
  status,
  consoleLink,
  tokenCreate,
  tokenList,
  tokenRevoke,
  { ...status, name: 'admin status', examples: ['gaia admin status'] },
  adminActors,
  adminSchema,
  adminBackup,
  adminRestore,
  adminVerify,
  completionOf(() => COMMANDS),
]
