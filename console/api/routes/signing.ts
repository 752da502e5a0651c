import { z } from 'zod'
import { REPORT_PATH } from '../../gate/security-headers.ts'
import { json, route } from '../route.ts'

/** Signing in and out, and what browsers tell of their own accord. */

export const signIn = route({
  method: 'POST',
  path: '/api/signin',
  role: 'anyone',
  summary: 'A key for the code of a sign-in link; works once, within a minute',
  body: z.strictObject({ code: z.string().max(200) }),
  example: {
    body: { code: 'c0de' },
    status: 200,
    schema: z.object({
      key: z.string().describe('for "Authorization: Bearer" and for the live socket'),
      name: z.string(),
      role: z.enum(['viewer', 'operator', 'admin']),
      expiresMs: z.number().int(),
    }),
    value: { key: 'console_5ec2e7', name: 'local', role: 'admin', expiresMs: 1_767_268_800_000 },
  },
  answer: ({ body: { code }, remote }, { sessions }) => json(sessions.signIn(code, remote)),
})

export const signOut = route({
  method: 'POST',
  path: '/api/signout',
  role: 'viewer',
  summary: 'Ends the key that this request came with, and its sockets; API tokens go on',
  example: { status: 204 },
  answer({ secret }, { sessions, signedOut }) {
    if (sessions.signOut(secret)) signedOut(secret)
    return { type: 'nothing' }
  },
})

export const reportBreach = route({
  method: 'POST',
  path: REPORT_PATH,
  role: 'anyone',
  summary: 'Where browsers report breaches of the policy of the page; they are counted',
  body: z.unknown(),
  accepts: ['application/csp-report', 'application/json'],
  example: { body: { 'csp-report': {} }, status: 204 },
  answer(_call, { breached }) {
    breached()
    return { type: 'nothing' }
  },
})
