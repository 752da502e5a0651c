import { uptime } from 'node:os'

/**
 * Milliseconds since this machine started, suspend included: the clock that the node and its
 * holder share, so a moment said by one means the same to the other, and a laptop that slept wakes
 * with its leashes over. `process.hrtime` would not do: on Linux it stands still during suspend.
 *
 * Linux: CLOCK_BOOTTIME through /proc/uptime, in steps of 10 ms, 8 µs a call. macOS: whole
 * seconds, so what happens "within 1 s" may take 2 there.
 */
export function bootClockMs(): number {
  return uptime() * 1000
}
