import { ROLES } from '../../../actors/doors/principal.ts'
import type { Receipt } from '../../../runtime/shard/machine.ts'
import { backup } from './backup.ts'
import { bulk } from './bulk.ts'
import { followOutput } from './output.ts'
import type { Method } from './method.ts'
import {
  choice,
  count,
  given,
  present,
  receiptHash,
  states,
  type ActMessage,
  type ListMessage,
  type SubmitMessage,
  type TokenMessage,
} from './requests.ts'
import { submitExchange, submitOne } from './submit.ts'
import { watchTasks } from './watch.ts'

/** Every method of `architect.admin.v1.Admin`: who may call it, and what it does. */
export const METHODS = {
  SubmitTask: unary<SubmitMessage>('operator', submitOne),
  Submit: { shape: 'exchange', role: 'operator', open: submitExchange },
  GetTask: unary<Named>('viewer', ({ id }, _caller, { fleet }) => fleet.task(present('id', id))),
  ExplainTask: unary<Named>('viewer', ({ id }, _caller, { fleet }) =>
    fleet.explain(present('id', id)),
  ),
  ListTasks: unary<ListMessage>('viewer', (request, _caller, { fleet }) =>
    fleet.list({
      ...given({ project: request.project, label: request.label, cursor: request.cursor }),
      ...states(request.states),
      limit: count('limit', request.limit, { min: 1, max: 200, otherwise: 50 }),
    }),
  ),
  WatchTasks: { shape: 'stream', role: 'viewer', open: watchTasks },
  FollowOutput: { shape: 'stream', role: 'viewer', open: followOutput },
  ActOnTask: unary<ActMessage>('operator', (request, { principal }, { fleet }) => {
    const action = choice('action', request.action, TASK_ACTIONS)
    const id = present('id', request.id)
    if (action !== 'prioritize') return fleet.act({ action, id, by: principal.name })
    const priority = count('priority', request.priority, { min: 0, max: 10, otherwise: -1 })
    return fleet.act({ action, id, priority, by: principal.name })
  }),
  Bulk: { shape: 'stream', role: 'operator', open: bulk },
  PauseProject: unary<{ readonly project?: string; readonly paused?: boolean }>(
    'operator',
    async ({ project, paused = false }, { principal }, { fleet }) => {
      await fleet.pauseProject(present('project', project), paused, principal.name)
      return {}
    },
  ),
  GetStatus: unary('viewer', (_request, _caller, { fleet }) => fleet.status()),
  VerifyReceipt: unary<Partial<Receipt>>('viewer', async (request, _caller, { fleet }) => {
    const { shard = 0, epoch = 0, index = 0, hash = '' } = request
    return { verdict: await fleet.verify({ shard, epoch, index, hash: receiptHash(hash) }) }
  }),
  ListActors: unary('viewer', (_request, _caller, { actions: { actors } }) => ({
    actors: [...actors.metrics()],
    deadLetters: { counts: actors.deadLetters.counts, recent: actors.deadLetters.recent() },
  })),
  ListSchemas: unary('viewer', (_request, _caller, { actions }) => ({
    schemas: actions.schemas(),
  })),
  Backup: { shape: 'stream', role: 'admin', open: backup },
  ConsoleLink: unary('admin', (_request, { principal }, { actions }) =>
    actions.consoleLink(principal),
  ),
  CreateToken: unary<TokenMessage>('admin', (request, _caller, { credentials }) =>
    credentials.createToken({
      name: request.name ?? '',
      role: choice('role', request.role, ROLES),
      ...given({ user: request.user, team: request.team, project: request.project }),
      ...(request.validMs !== undefined && request.validMs !== 0 && { validMs: request.validMs }),
    }),
  ),
  ListTokens: unary('admin', (_request, _caller, { credentials }) => ({
    tokens: credentials.tokens(),
  })),
  RevokeToken: unary<Named>('admin', async ({ id }, _caller, { credentials }) => {
    await credentials.revokeToken(present('id', id))
    return {}
  }),
} as const satisfies Record<string, Method>

const TASK_ACTIONS = ['cancel', 'pause', 'resume', 'retry', 'prioritize'] as const

interface Named {
  readonly id?: string
}

type Answer<Request> = Extract<Method<Request>, { shape: 'unary' }>

function unary<Request = object>(
  role: Answer<Request>['role'],
  answer: Answer<Request>['answer'],
): Answer<Request> {
  return { shape: 'unary', role, answer }
}
