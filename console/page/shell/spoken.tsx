import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { fleetSentence } from '../words/fleet-sentence.ts'
import { useFleet } from './fleet.ts'

/** No more than this is said to who listens to the page. Unit: ms. */
const EVERY_MS = 30_000

/** How the fleet is, for screen readers, now and then. */
export function Spoken(): JSX.Element {
  const fleet = useFleet()
  const text = useSignal('')
  const known = fleet.value !== undefined
  useEffect(() => {
    const say = (): void => {
      const now = fleet.peek()
      text.value = now ? fleetSentence(now) : ''
    }
    say()
    const timer = setInterval(say, EVERY_MS)
    return () => clearInterval(timer)
  }, [fleet, known])
  return (
    <div class="spoken" aria-live="polite">
      {text.value}
    </div>
  )
}
