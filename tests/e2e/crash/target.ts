import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { allProcesses, environmentValue } from '../../../node/holder/confinement/processes.ts'
import { alive, generations, holderDirectory } from '../../../node/holder/ledger.ts'
import { MARK } from '../../../node/holder/terminal/environment.ts'
import { nodeFlags, spawnArchitect, type ArchitectProcess, type Ended } from '../architect-of.ts'

/** Between the two requests of a node that is asked twice. Unit: ms. */
const AGAIN_MS = 400
/** How long a stop may take: the drain of 5 s, and what is left to write. Unit: ms. */
const STOP_MS = { once: 10_000, twice: 5_000 } as const
/** How long a holder that was asked to leave may take. Unit: ms. */
const LEAVING_MS = 5_000

/** The node that is shot at: started again each time, on the same directory. */
export class Target {
  readonly directory: string
  readonly #flags: readonly string[]
  readonly #complaints: string[] = []
  #node: ArchitectProcess

  constructor(directory: string, slots: number) {
    this.directory = directory
    this.#flags = nodeFlags(directory, { slots })
    this.#node = spawnArchitect(this.#flags)
  }

  async ready(): Promise<void> {
    await this.#node.ready
  }

  /** Resolves once it is being started again. */
  async killNode(): Promise<void> {
    this.#node.child.kill('SIGKILL')
    this.#heard(await this.#node.ended)
    this.#node = spawnArchitect(this.#flags)
  }

  /** The same for a node that is asked; asked twice it does not wait for anybody. */
  async restartNode(asked: 'once' | 'twice'): Promise<void> {
    await this.#stopNode(asked)
    this.#node = spawnArchitect(this.#flags)
  }

  async #stopNode(asked: 'once' | 'twice'): Promise<void> {
    const startedMs = performance.now()
    this.#node.child.kill('SIGTERM')
    if (asked === 'twice') {
      await pause(AGAIN_MS)
      this.#node.child.kill('SIGTERM')
    }
    const ended = await this.#node.ended
    this.#heard(ended)
    const tookMs = Math.round(performance.now() - startedMs)
    const { code, signal } = ended
    if (code !== 0) this.#complaints.push(`the node stopped with ${code ?? signal}`)
    if (tookMs > STOP_MS[asked]) this.#complaints.push(`the node took ${tookMs} ms to stop`)
  }

  #heard({ err }: Ended): void {
    this.#complaints.push(...err.split('\n').filter(Boolean))
  }

  /** False when there was none to kill. */
  killHolder(): boolean {
    const living = generations(this.directory).filter(alive)
    for (const { pid } of living) process.kill(pid, 'SIGKILL')
    return living.length > 0
  }

  /** Stops both, as an operator does, and says what was not as it should be. */
  async stop(): Promise<readonly string[]> {
    await this.#stopNode('once')
    return [...this.#complaints, ...this.#crashes(), ...(await this.#leftovers())]
  }

  /** Leaves nothing running, however things stand. */
  abandon(): void {
    this.#node.child.kill('SIGKILL')
    this.killHolder()
  }

  #crashes(): readonly string[] {
    const log = readFileSync(join(holderDirectory(this.directory), 'holder.log'), 'utf8')
    return log.split('\n').filter((line) => line.includes('crashed'))
  }

  /** Nothing that was ever started here is left. */
  async #leftovers(): Promise<readonly string[]> {
    for (const { pid } of generations(this.directory).filter(alive)) process.kill(pid, 'SIGTERM')
    const untilMs = performance.now() + LEAVING_MS
    while (generations(this.directory).some(alive) && performance.now() < untilMs) await pause(20)
    const { storeId } = JSON.parse(readFileSync(join(this.directory, 'STORE.json'), 'utf8')) as {
      readonly storeId: string
    }
    const left = allProcesses().filter(({ pid }) =>
      environmentValue(pid, MARK)?.startsWith(`${storeId}/`),
    )
    return left.map(({ pid }) => `process ${pid} was left behind`)
  }
}
