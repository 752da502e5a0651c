/** A process that has a directory open until it is killed: `open-and-wait.ts DIR`. */
import { openDirectory } from '../../../../runtime/storage/directory/directory.ts'
import { systemClock } from '../../../../runtime/scheduling/system-clock.ts'

await openDirectory(process.argv[2] ?? '', { clock: systemClock, failed: () => undefined })
process.stdout.write('open\n')
setInterval(() => undefined, 60_000)
