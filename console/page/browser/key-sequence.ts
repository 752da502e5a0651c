/** How long a first key, such as `g`, waits for its second. Unit: ms. */
export const SEQUENCE_MS = 1_500

/** Keys that were pressed and may be the beginning of a sequence. */
export interface Begun {
  readonly keys: string
  readonly atMs: number
}

/** What a key press completes, or begins, among the sequences that are known: `j`, `g t`, `?`. */
export function press(
  begun: Begun | undefined,
  key: string,
  { known, nowMs }: { readonly known: readonly string[]; readonly nowMs: number },
): { readonly begun?: Begun; readonly done?: string } {
  const going = begun !== undefined && nowMs - begun.atMs <= SEQUENCE_MS
  const keys = going ? `${begun.keys} ${key}` : key
  if (known.includes(keys)) return { done: keys }
  if (known.some((each) => each.startsWith(`${keys} `))) return { begun: { keys, atMs: nowMs } }
  return going ? press(undefined, key, { known, nowMs }) : {}
}
