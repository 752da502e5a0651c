import type { JSX } from 'preact'

/** Drawn on a grid of 16, in the color of the text around them. Each state has a shape of its own. */
const SHAPES = {
  running: 'M8 2a6 6 0 1 1-4.24 1.76M8 5v3.2l2.2 1.4',
  waiting:
    'M5 2.5h6M5 13.5h6M5.5 2.5c0 3 5 4 5 5.5s-5 2.5-5 5.5M10.5 2.5c0 3-5 4-5 5.5s5 2.5 5 5.5',
  person:
    'M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8Zm-5 5.4c.6-2.4 2.5-3.6 5-3.6s4.400 1.2 5 3.600',
  completed: 'M3 8.500 6.400 12 13 4.500',
  failed: 'M4 4l8 8M12 4l-8 8',
  cancelled: 'M8 2.200a5.800 5.800 0 1 0 0 11.600A5.800 5.800 0 0 0 8 2.200ZM4 12 12 4',
  warning: 'M8 2.500 14.200 13.200H1.800ZM8 6.500v3.200M8 11.400v.3',
  info: 'M8 2.200a5.800 5.800 0 1 0 0 11.600A5.800 5.800 0 0 0 8 2.200ZM8 7.200v4M8 4.800v.3',
  close: 'M4 4l8 8M12 4l-8 8',
  overview: 'M2.500 9.500h4v4h-4zM9.500 2.500h4v4h-4zM2.500 2.500h4v4h-4zM9.500 9.500h4v4h-4z',
  tasks: 'M2.500 4h1M2.500 8h1M2.500 12h1M6 4h7.500M6 8h7.500M6 12h7.500',
  add: 'M8 3v10M3 8h10',
  copy: 'M5.500 5.500h7.500v7.500H5.500zM3 10.500V3h7.500',
  theme: 'M8 2.200a5.800 5.800 0 1 0 0 11.600ZM8 2.200a5.800 5.800 0 0 1 0 11.600',
  leave: 'M6.500 3H3v10h3.500M7 8h6.500M11 5.500 13.500 8 11 10.500',
  keys: 'M1.800 4.500h12.400v7.500H1.800zM4 7h.3M6.700 7h.3M9.300 7h.3M12 7h.1M5 9.500h6',
  older: 'M6 3.500 10.500 8 6 12.500',
  newer: 'M10 3.500 5.500 8 10 12.500',
  node: 'M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.3M5 11h.3',
} as const

export type IconName = keyof typeof SHAPES

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  )
}
