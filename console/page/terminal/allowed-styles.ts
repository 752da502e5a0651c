/**
 * The policy of the page takes style elements that carry its nonce, and no style attributes. xterm
 * makes both, with elements from `document.createElement`; so the elements made by that name carry
 * the nonce, and a style attribute is set as the properties that it stands for. What is allowed to
 * style the page does not grow: markup that got in from elsewhere is not made by this function.
 * (Preact makes its elements by `createElementNS`.)
 */
export function allowStyles(): void {
  if (Object.hasOwn(document, 'createElement')) return
  const nonce = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''
  const create = document.createElement.bind(document)
  document.createElement = (name: string, options?: ElementCreationOptions): HTMLElement => {
    const element = create(name, options)
    if (name === 'style') element.nonce = nonce
    else element.setAttribute = setAttribute
    return element
  }
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value
  else Element.prototype.setAttribute.call(this, name, value)
}
