/** The only files that touch the outside world, and why each must; a row that ends in a slash is a folder. Everything else is deterministic. */
export const EDGES: ReadonlyMap<string, string> = new Map([
  ['node/admin/', 'the gRPC door'],
  ['node/config/files.ts', 'configuration files and facts of the machine'],
  ['node/config/port-probe.ts', 'who holds a port'],
  ['node/credentials.ts', 'hashes of secrets'],
  ['node/gaia/', 'the command line'],
  ['node/holder/', 'processes, terminals, sockets'],
  ['node/local-access.ts', 'the two files by which gaia finds the node'],
  ['node/version.ts', 'package.json'],
  ['runtime/scheduling/system-clock.ts', 'the machine’s time'],
  ['runtime/scheduling/system-random.ts', 'the machine’s entropy'],
  ['runtime/storage/checksum.ts', 'native hashing: the same bytes give the same result'],
  ['runtime/storage/directory.ts', 'the data directory'],
  ['runtime/storage/high-water-file.ts', 'the high-water mark'],
  ['runtime/storage/level-engine.ts', 'LevelDB'],
])
