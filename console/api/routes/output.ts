import { z } from 'zod'
import type { Following } from '../../../actors/fleet.ts'
import type { Outflow } from '../../http/server.ts'
import { type ApiPorts, type Begin, type Fail, route, type Source } from '../route.ts'

const offset = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

const query = z.strictObject({
  attempt: z.coerce.number().int().min(1).optional().describe('default: the newest'),
  from: offset.default(0).describe('the first byte'),
  bytes: offset.min(1).optional().describe('at most so many'),
  follow: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true: go on as it is written, until the attempt ends'),
})

/**
 * What an attempt wrote to its terminal, as bytes. Those that were not kept are skipped at the
 * beginning only, and the header `output-offset` says where it then begins; in the middle the answer
 * ends before the gap, so that its bytes are always consecutive.
 */
export const followOutput = route({
  method: 'GET',
  path: '/api/tasks/{id}/output',
  role: 'viewer',
  summary:
    'The output of an attempt, from an offset on; the header output-offset says where it begins',
  query,
  example: { status: 200, contentType: 'application/octet-stream' },
  async answer({ params: { id = '' }, query: asked }, { fleet, onDrain }) {
    await fleet.task(id) // For HEAD, which opens nothing.
    return {
      type: 'stream',
      open: (begin, fail) => new OutputStream({ fleet, onDrain, begin, fail }, { id, ...asked }),
    }
  },
})

interface Asked extends z.output<typeof query> {
  readonly id: string
}

interface OutputPorts extends Pick<ApiPorts, 'fleet' | 'onDrain'> {
  readonly begin: Begin
  readonly fail: Fail
}

class OutputStream implements Source {
  readonly #begin: Begin
  readonly #fail: Fail
  readonly #stay: () => void
  readonly #following: Following | undefined
  #out: Outflow | undefined
  #next: number
  #left: number
  #ended = false

  constructor({ fleet, onDrain, begin, fail }: OutputPorts, asked: Asked) {
    this.#begin = begin
    this.#fail = fail
    this.#stay = onDrain(() => this.#abort())
    this.#next = asked.from
    this.#left = asked.bytes ?? Infinity
    const { id, attempt, from: fromOffset } = asked
    const which = attempt === undefined ? { id } : { id, attempt }
    this.#following = fleet.output(
      { ...which, fromOffset, follow: asked.follow === 'true' },
      {
        bytes: (at, chunk) => this.#bytes(at, chunk),
        end: () => this.#end(),
        failed: (failure) => this.#failed(failure),
      },
    )
    if (this.#ended) this.#following.close() // It was said within the call.
  }

  drained(): void {
    this.#following?.resume()
  }

  close(): void {
    this.#over()
    this.#following?.close()
  }

  #bytes(at: number, chunk: Uint8Array): boolean {
    if (this.#ended) return false
    if (this.#out && at !== this.#next) return this.#enough()
    this.#out ??= this.#begin([['output-offset', String(at)]])
    const wanted = chunk.length > this.#left ? chunk.subarray(0, this.#left) : chunk
    this.#next = at + wanted.length
    this.#left -= wanted.length
    const room = this.#out.write(wanted)
    return this.#left === 0 ? this.#enough() : room
  }

  #enough(): false {
    this.#end()
    this.#following?.close()
    return false
  }

  #abort(): void {
    const out = this.#out ?? this.#begin([])
    this.close()
    out.abort()
  }

  #failed(failure: Error): void {
    if (this.#ended) return
    this.#over()
    this.#fail(failure)
  }

  #over(): void {
    this.#ended = true
    this.#stay()
  }

  #end(): void {
    if (this.#ended) return
    this.#over()
    this.#out ??= this.#begin([['output-offset', String(this.#next)]])
    this.#out.end()
  }
}
