import { Terminal, type ITheme } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { allowStyles } from './allowed-styles.ts'

/**
 * A terminal that only shows. It has the size that the program was given, so that what a program
 * draws is where it drew it; letters shrink until a line fits, down to what can still be read.
 */
export interface Screen {
  /** `done` is called once the bytes are parsed: until then they count as not dealt with. */
  write(bytes: Uint8Array | string, done?: () => void): void
  clear(): void
  dispose(): void
}

export interface ScreenOptions {
  readonly cols: number
  readonly rows: number
}

const FONT =
  "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
/** Unit: px. */
const FONT_SIZES = { least: 9, most: 13 } as const
/** Width of a letter for each px of font size: all the fonts above come close. */
const LETTER = 0.602
const LINE_HEIGHT = 1.25
const SCROLLBACK_LINES = 10_000
/** Rows that are there even while nothing is in them. */
const ROWS_LEAST = 4

/** Dark in both themes: programs choose their colors for that. Contrast is seen to by xterm. */
const THEME: ITheme = {
  background: '#14171b',
  foreground: '#d9dde3',
  cursor: '#14171b',
  selectionBackground: '#3b4a63',
  black: '#2b3038',
  red: '#ff7a70',
  green: '#6cc98b',
  yellow: '#e5c06b',
  blue: '#82aaff',
  magenta: '#c79bf2',
  cyan: '#67c7d4',
  white: '#d9dde3',
  brightBlack: '#8a929e',
  brightRed: '#ff9a92',
  brightGreen: '#8fdca8',
  brightYellow: '#f2d58f',
  brightBlue: '#a5c3ff',
  brightMagenta: '#dbbcf8',
  brightCyan: '#92dbe5',
  brightWhite: '#ffffff',
}

export function openScreen(place: HTMLElement, { cols, rows }: ScreenOptions): Screen {
  allowStyles()
  const terminal = new Terminal({
    ...{ cols, rows, theme: THEME, fontFamily: FONT, lineHeight: LINE_HEIGHT },
    fontSize: fontSizeFor(place.clientWidth, cols),
    scrollback: SCROLLBACK_LINES,
    minimumContrastRatio: 4.5,
    disableStdin: true,
    cursorInactiveStyle: 'none',
    smoothScrollDuration: 0,
  })
  terminal.open(place)
  readOnly(terminal)
  const crop = (): void => cropTo(place, terminal)
  const watching = new ResizeObserver(() => {
    const fitting = fontSizeFor(place.clientWidth, cols)
    if (terminal.options.fontSize !== fitting) terminal.options.fontSize = fitting
    crop()
  })
  watching.observe(place)
  terminal.onRender(crop)
  return {
    write: (bytes, done) => terminal.write(bytes, done),
    clear: () => terminal.reset(),
    dispose() {
      watching.disconnect()
      terminal.dispose()
    },
  }
}

function fontSizeFor(width: number, cols: number): number {
  const fitting = Math.floor((2 * width) / (cols * LETTER)) / 2
  return Math.min(FONT_SIZES.most, Math.max(FONT_SIZES.least, fitting))
}

/** Keys do what they do elsewhere on the page: Tab leaves, arrows scroll. */
function readOnly(terminal: Terminal): void {
  terminal.attachCustomKeyEventHandler(() => false)
  const { textarea } = terminal
  if (!textarea) return
  textarea.readOnly = true
  textarea.setAttribute('aria-label', 'Output of the attempt')
}

/** A screen on which little was written is shown no taller than that. */
function cropTo(place: HTMLElement, terminal: Terminal): void {
  const { element, rows, buffer } = terminal
  const screen = element?.querySelector<HTMLElement>('.xterm-screen')
  if (!screen) return
  const used =
    buffer.active.type === 'alternate' || buffer.active.baseY > 0 ? rows : usedRows(terminal)
  const shown = Math.min(rows, Math.max(ROWS_LEAST, used))
  place.style.height = `${Math.ceil((screen.clientHeight / rows) * shown)}px`
}

function usedRows({ buffer, rows }: Terminal): number {
  const { active } = buffer
  for (let at = rows - 1; at > active.cursorY; at -= 1) {
    if (active.getLine(at)?.translateToString(true) !== '') return at + 1
  }
  return active.cursorY + 1
}
