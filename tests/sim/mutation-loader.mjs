// Breaks some lines of the product while it is loaded: `--import` this with ARCHITECT_MUTATION set to
// a JSON list of `{file, find, replace}`. The product itself has no switch for it.
import { registerHooks } from 'node:module'

const edits = JSON.parse(process.env.ARCHITECT_MUTATION)
const applied = new Set()

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    let source
    for (const edit of edits.filter(({ file }) => url.endsWith(`/${file}`))) {
      source ??= loaded.source.toString()
      const count = source.split(edit.find).length - 1
      if (count !== 1)
        throw new Error(`Cannot mutate ${edit.file}: "${edit.find}" stands there ${count} times`)
      source = source.replace(edit.find, () => edit.replace)
      applied.add(edit)
    }
    return source === undefined ? loaded : { ...loaded, source }
  },
})

process.on('exit', (code) => {
  const missing = edits.find((edit) => !applied.has(edit))
  if (code === 0 && missing) throw new Error(`Cannot mutate ${missing.file}: nothing loaded it`)
})
