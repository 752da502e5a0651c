import type { SignedIn } from './protocol.ts'

export async function startConsole(options: { listen: string } & Record<string, unknown>): Promise<{
  address: string
  link(by: Pick<SignedIn, 'name' | 'role'>): { url: string; expiresMs: number }
  served: 'uws' | 'node'
  stop(deadlineMs: number): Promise<void>
}> {
  await Promise.resolve()
  return {
    address: options.listen,
    link: () => ({ url: 'http://localhost/#c=x', expiresMs: 0 }),
    served: 'node',
    stop: async () => {},
  }
}
