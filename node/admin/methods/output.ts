import type { OutputRequest } from '../../../actors/fleet.ts'
import type { Caller, Feed, Outlet, Ports } from './method.ts'
import { count, present, type OutputMessage } from './requests.ts'

/** Largest piece of output in one message, so that a stop is noticed within one. */
const CHUNK_BYTES_MAX = 64 * 1024

/**
 * The bytes of an attempt, from an offset on. A reader that does not read pauses the source; only
 * what the source hands over at once is held here.
 */
export function followOutput(
  request: OutputMessage,
  _caller: Caller,
  { fleet }: Ports,
  outlet: Outlet,
): Feed {
  const following = fleet.output(outputRequest(request), {
    bytes(offset, chunk) {
      let room = true
      for (let at = 0; at < chunk.length; at += CHUNK_BYTES_MAX) {
        const piece = chunk.subarray(at, at + CHUNK_BYTES_MAX)
        room = outlet.write({ bytes: { offset: offset + at, chunk: piece } })
      }
      return room
    },
    end(attempt) {
      outlet.write({ end: attempt === undefined ? {} : { attempt } })
      outlet.end()
    },
    failed: (failure) => outlet.end(failure),
  })
  return {
    drained: () => following.resume(),
    close: () => following.close(),
  }
}

function outputRequest(request: OutputMessage): OutputRequest {
  const anywhere = { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 }
  const attempt = count('attempt', request.attempt, anywhere)
  return {
    id: present('id', request.id),
    ...(attempt > 0 && { attempt }),
    fromOffset: count('from_offset', request.fromOffset, anywhere),
    follow: request.follow ?? false,
  }
}
