// Breaks one line of the product while it is loaded: `--import` this with ARCHITECT_MUTATION set to
// a JSON `{file, find, replace}`. The product itself has no switch for it.
import { registerHooks } from 'node:module'

const { file, find, replace } = JSON.parse(process.env.ARCHITECT_MUTATION)
let applied = false

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(`/${file}`)) return loaded
    const source = loaded.source.toString()
    const count = source.split(find).length - 1
    if (count !== 1) throw new Error(`Cannot mutate ${file}: "${find}" stands there ${count} times`)
    applied = true
    return { ...loaded, source: source.replace(find, () => replace) }
  },
})

process.on('exit', (code) => {
  if (code === 0 && !applied) throw new Error(`Cannot mutate ${file}: nothing loaded it`)
})
