/** By what this server may be called, exactly: `Host` headers, and origins of pages that it serves. */
export interface OwnNames {
  /** As `localhost:8080`. */
  readonly hosts: ReadonlySet<string>
  /** As `http://localhost:8080`. */
  readonly origins: ReadonlySet<string>
}

/** Every name under which a browser on this machine reaches a loopback address. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** The port that a `Host` header leaves out. */
const PLAIN_PORT = 80

/** @param host the address that is listened on. */
export function ownNames(host: string, port: number): OwnNames {
  const names = new Set([...LOOPBACK_NAMES, host.includes(':') ? `[${host}]` : host])
  const hosts = [...names].flatMap((name) =>
    port === PLAIN_PORT ? [name, `${name}:${port}`] : [`${name}:${port}`],
  )
  return { hosts: new Set(hosts), origins: new Set(hosts.map((each) => `http://${each}`)) }
}
