import { RuntimeError } from '../runtime/errors.ts'
import type { Clock } from '../runtime/scheduling/clock.ts'
import type { Receipt, Shards } from '../runtime/shard/machine.ts'
import type { Command, Refusal, Reply } from './task/command.ts'

/** A command not committed by then has an unknown outcome. Unit: ms. */
const COMMAND_MS = 3_000

export interface ShardPorts {
  readonly clock: Clock
  readonly shards: Shards<Command>
}

export interface Asked {
  readonly reply: Exclude<Reply, Refusal>
  readonly at: Receipt
}

/**
 * The answer of a shard's leader; refusals are thrown. Asks again while nobody leads the shard.
 *
 * @param deadlineMs on the monotonic clock; default 3 s from now.
 */
export function askShard(
  { clock, shards }: ShardPorts,
  shard: number,
  command: Command,
  deadlineMs = clock.monotonicMs() + COMMAND_MS,
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const ask = (): void =>
      shards.command(shard, command, deadlineMs, (result) => {
        if (!(result instanceof Error)) {
          const reply = result.reply as Reply
          if (reply.type === 'refused') reject(failureOf(reply))
          else resolve({ reply, at: result.at })
          return
        }
        const waitMs = result.retryAfterMs ?? COMMAND_MS
        const again = result.code === 'NOT_LEADER' && clock.monotonicMs() + waitMs < deadlineMs
        if (again) clock.after(waitMs, ask)
        else reject(result)
      })
    ask()
  })
}

function failureOf({ code, message, retryAfterMs }: Refusal): RuntimeError {
  return new RuntimeError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs })
}

/** For an answer that its command cannot have. */
export function unexpected(reply: Reply): RuntimeError {
  return new RuntimeError('FAILED_PRECONDITION', `Cannot go on: the shard answered "${reply.type}"`)
}
