/** Each role may do what the ones before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Who asks, at any door. */
export interface Principal {
  /** For `by` in records and logs: `local`, the token's user, or `token:<name>`. */
  readonly name: string
  readonly role: Role
  readonly user?: string
  readonly team?: string
  readonly project?: string
  /** Of an API token. */
  readonly tokenId?: string
}

/** True when `role` may do what `needed` may. */
export function permits(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
