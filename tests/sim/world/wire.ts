import type { Clock } from '../../../runtime/scheduling/clock.ts'
import { chance, fraction, type Random } from '../../../runtime/scheduling/random.ts'
import type { MailMessage } from '../../../runtime/shard/mail/letter.ts'
import type { Transport } from '../../../runtime/transport/transport.ts'
import type { Climate } from './climate.ts'

/** The longest that a late message takes. Unit: ms. */
const LATE_MS = 400

export interface WireOptions {
  readonly clock: Clock
  readonly random: Random
  readonly climate: Climate
  /** Faults are over. */
  calm(): boolean
  /** Does something to the world as an actor does, that may fail over it. */
  asActor(act: () => void): void
  mail(message: MailMessage): void
}

/**
 * What is between the parts of a node. All but the messages within a shard may be lost, doubled, and
 * late, so that they arrive in another order.
 */
export function wired(transport: Transport, options: WireOptions): Transport {
  const { clock, random, climate } = options
  return {
    send(to, message) {
      if (message.to === 'mail') options.mail(message.body as MailMessage)
      if (message.to === 'shard' || options.calm()) return transport.send(to, message)
      const send = (): void => {
        if (!chance(random, climate.late)) transport.send(to, message)
        else clock.after(LATE_MS * fraction(random), () => transport.send(to, message))
      }
      const copies = chance(random, climate.lose) ? 0 : chance(random, climate.double) ? 2 : 1
      const sendAll = (): void => {
        for (let copy = 0; copy < copies; copy++) send()
      }
      if (message.to === 'mail') sendAll()
      else options.asActor(sendAll)
    },
    receive: (listener) => transport.receive(listener),
  }
}
